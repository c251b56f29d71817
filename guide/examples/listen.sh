export PAYGATE_API_KEY=pgk_test_your_test_key

.venv/bin/python manage.py listen --api http://localhost:3000 \
  --forward-to http://127.0.0.1:8000/webhook --secret your_webhook_secret
