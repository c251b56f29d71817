# body.json holds the body exactly as it arrived.
# The hex digits printed must equal X-Webhook-Signature.
openssl dgst -sha256 -hmac 'your_webhook_secret' body.json
