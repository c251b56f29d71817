curl --silent --show-error http://localhost:3000/api/v1/create-payment \
  --header 'X-API-Key: pgk_your_api_key' \
  --header 'Content-Type: application/json' \
  --header 'Idempotency-Key: ORDER-123' \
  --data '{
    "amount": 100,
    "customer_name": "John Doe",
    "customer_email": "john@example.com",
    "merchant_ref": "ORDER-123"
  }'
