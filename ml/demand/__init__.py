"""Weekly demand as quantiles: for products with a past, and for launches without one."""
