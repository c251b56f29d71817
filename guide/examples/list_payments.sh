curl --silent --show-error 'http://localhost:3000/api/v1/payments?status=success&limit=50' \
  --header 'X-API-Key: pgk_your_api_key'
