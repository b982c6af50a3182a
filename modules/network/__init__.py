"""The private network: address space, subnets by tier, who may speak to whom, and its flow logs."""
