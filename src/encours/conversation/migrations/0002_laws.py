"""What a mail asked is a fact; only what became of it is added; each organisation sees its own."""

from django.db import migrations

from encours.core.database import InsertOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [("conversation", "0001_initial"), ("core", "0001_roles")]
    operations = [
        RowSecurity("conversation_proposal"),
        InsertOnly("conversation_proposal", updatable=("outcome", "decided_at", "decided_by_name", "decision")),
        RowSecurity("conversation_bankchange"),
        InsertOnly(
            "conversation_bankchange",
            updatable=(
                "state",
                "iban",
                "called_number",
                "called_name",
                "called_by_id",
                "called_by_name",
                "called_at",
                "decided_by_id",
                "decided_by_name",
                "decided_at",
                "why",
                "customer_id",
            ),
        ),
        RowSecurity("conversation_conversationpolicy"),
        RowSecurity("conversation_answer"),
        InsertOnly(
            "conversation_answer",
            updatable=("state", "is_alone", "message_id", "decided_at", "decided_by_name"),
        ),
    ]
