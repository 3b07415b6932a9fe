"""A customer's name without accents and case is kept beside it.

`like` is not leakproof, so under row security it never used the index on the folded name, and every search folded every
name anew. A search now reads what is kept; the index goes.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0005_contact_channels")]
    operations = [
        migrations.AddField(
            model_name="customer",
            name="name_folded",
            field=models.GeneratedField(
                expression=models.Func("name", function="encours_fold"),
                output_field=models.TextField(),
                db_persist=True,
            ),
        ),
        migrations.RunSQL(
            sql="drop index customers_customer_search",
            reverse_sql="""create index customers_customer_search on customers_customer
                using gin (encours_fold(name) public.gin_trgm_ops)""",
        ),
    ]
