select
    customer_id,
    country,
    currency,
    first_purchase_on,
    updated_at
from {{ source('staging_sales', 'customers') }}
