"""WooCommerce: web shops on WordPress. Sends webhooks; polled as a safety net."""
