session_id=A1B2C3D4E5F67890

curl --silent --show-error http://localhost:3000/api/v1/test/credits \
  --header 'X-API-Key: pgk_test_your_test_key' \
  --header 'Content-Type: application/json' \
  --data '{"session_id": "'$session_id'", "kind": "exact"}'
