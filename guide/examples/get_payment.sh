session_id=A1B2C3D4E5F67890

curl --silent --show-error http://localhost:3000/api/v1/payment/$session_id \
  --header 'X-API-Key: pgk_your_api_key'
