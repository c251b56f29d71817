from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0013_statement_tries")]

    operations = [
        migrations.AddIndex(
            model_name="credit",
            index=models.Index(
                fields=["bank_ref"], condition=models.Q(("reason", "rrn_conflict")), name="credit_in_conflict"
            ),
        ),
    ]
