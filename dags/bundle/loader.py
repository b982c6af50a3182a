"""The one file in the DAG folder of an Airflow that takes no bundle class of ours; see the bundle's README.

Airflow looks for the words dag and airflow before it parses a file. `[sluice] releases` in its configuration is
the URI of the store.
"""

from airflow.configuration import conf
from sluice_bundle.loader import load

load(globals(), conf.get_mandatory_value("sluice", "releases"))
