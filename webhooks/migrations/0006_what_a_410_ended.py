from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("webhooks", "0005_past_attempts"),
    ]

    operations = [
        migrations.AlterField(
            model_name="delivery",
            name="closed_because",
            field=models.CharField(
                blank=True,
                choices=[
                    ("removed", "the webhook was removed"),
                    ("too_old", "it was too old when the webhook was enabled again"),
                    ("gone", "the webhook answered 410 Gone"),
                ],
                max_length=7,
            ),
        ),
    ]
