import datetime as dt

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import evenhand.authorities.models

LOCKS = """
-- A voucher who is a colleague is that officer, and of the same authority.
ALTER TABLE authorities_officer
    ADD CONSTRAINT authorities_officer_whole UNIQUE (id, authority_id, person_id),
    ADD CONSTRAINT authorities_officer_placed UNIQUE (id, authority_id),
    ADD CONSTRAINT authorities_colleague_vouches
        FOREIGN KEY (vouched_officer_id, authority_id, vouched_by_id)
        REFERENCES authorities_officer (id, authority_id, person_id);
-- A call-back about an officer goes to that officer's authority.
ALTER TABLE authorities_callback
    ADD CONSTRAINT authorities_call_about_officer UNIQUE (id, officer_id),
    ADD CONSTRAINT authorities_call_about_key UNIQUE (id, key),
    ADD CONSTRAINT authorities_call_to_own_authority
        FOREIGN KEY (officer_id, authority_id)
        REFERENCES authorities_officer (id, authority_id);
-- The call that vouches for an officer was about that officer, and the same for a key.
ALTER TABLE authorities_officer
    ADD CONSTRAINT authorities_vouched_by_own_call
        FOREIGN KEY (vouched_call_back_id, id)
        REFERENCES authorities_callback (id, officer_id);
ALTER TABLE authorities_officerkey
    ADD CONSTRAINT authorities_key_by_own_call
        FOREIGN KEY (call_back_id, id)
        REFERENCES authorities_callback (id, key);
-- Only the number in the registry is ever called, and only once two people stand for it.
CREATE FUNCTION authorities_number_is_the_registrys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM authorities_authority
        WHERE id = NEW.authority_id AND switchboard = NEW.number
            AND confirmed_by_id IS NOT NULL AND closed_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a call-back goes to the confirmed number of the registry'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER authorities_number BEFORE INSERT ON authorities_callback
    FOR EACH ROW EXECUTE FUNCTION authorities_number_is_the_registrys();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Authority",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200)),
                ("country", models.CharField(max_length=2)),
                ("kind", models.CharField(max_length=32)),
                (
                    "domains",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=253), default=list, size=None
                    ),
                ),
                ("switchboard", models.CharField(max_length=16)),
                ("head_office", models.CharField(max_length=254)),
                ("language", models.CharField(max_length=2)),
                ("certificates", models.TextField(blank=True, default="")),
                ("file_number_pattern", models.CharField(blank=True, default="", max_length=200)),
                (
                    "statutes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200), default=list, size=None
                    ),
                ),
                (
                    "source",
                    models.TextField(help_text="where the number and the domains were found"),
                ),
                ("registered_at", models.DateTimeField()),
                ("kept_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="authorities_confirmed",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "kept_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="authorities_kept",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AuthorityChange",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("change", models.CharField(max_length=16)),
                ("fields", models.JSONField(default=dict)),
                (
                    "authority",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="authorities.authority",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="authority_changes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CallBack",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("about", models.CharField(max_length=8)),
                ("matter", models.UUIDField(null=True)),
                ("key", models.UUIDField(null=True)),
                ("number", models.CharField(max_length=16)),
                ("said", models.CharField(max_length=16)),
                ("note", models.TextField(blank=True, default="")),
                (
                    "authority",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="call_backs",
                        to="authorities.authority",
                    ),
                ),
                (
                    "caller",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="call_backs",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Filing",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("direction", models.CharField(max_length=3)),
                ("subject", models.CharField(max_length=200)),
                ("text", models.TextField()),
                (
                    "answers",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answered_by",
                        to="authorities.filing",
                    ),
                ),
                (
                    "authority",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="filings",
                        to="authorities.authority",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="filings",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FilingReceipt",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("receipt", models.CharField(max_length=200)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="filing_receipts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "filing",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receipt",
                        to="authorities.filing",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Officer",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("mailbox", evenhand.authorities.models.MailAddressField(max_length=254)),
                ("rank", models.CharField(blank=True, default="", max_length=80)),
                ("registered_at", models.DateTimeField()),
                ("vouched_at", models.DateTimeField(null=True)),
                ("vouched", models.CharField(blank=True, default="", max_length=16)),
                ("verified_at", models.DateTimeField(null=True)),
                ("verified_until", models.DateTimeField(null=True)),
                ("suspended_at", models.DateTimeField(null=True)),
                ("suspended_why", models.TextField(blank=True, default="")),
                (
                    "authority",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="officers",
                        to="authorities.authority",
                    ),
                ),
                (
                    "linked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="officers_linked",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="officer",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "registered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="officers_registered",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "suspended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="officers_suspended",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "verified_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="officers_verified",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "vouched_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="officers_vouched",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "vouched_call_back",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="officers_vouched",
                        to="authorities.callback",
                    ),
                ),
                (
                    "vouched_officer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="vouched_for",
                        to="authorities.officer",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="callback",
            name="officer",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="call_backs",
                to="authorities.officer",
            ),
        ),
        migrations.CreateModel(
            name="OfficerChange",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("change", models.CharField(max_length=16)),
                ("why", models.TextField(blank=True, default="")),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="officer_changes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="authorities.officer",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OfficerKey",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("recipient", models.CharField(max_length=62, unique=True)),
                ("added_at", models.DateTimeField()),
                (
                    "usable_from",
                    models.DateTimeField(help_text="with a call-back; without one, never"),
                ),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "call_back",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="keys",
                        to="authorities.callback",
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="keys",
                        to="authorities.officer",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="authority",
            constraint=models.UniqueConstraint(
                fields=("country", "name"), name="authorities_named_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="authority",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "court",
                            "judge",
                            "investigating_judge",
                            "prosecutor",
                            "police",
                            "admin_authority",
                            "ministry",
                            "regulator",
                            "central_authority",
                            "foreign_authority_mla",
                            "trusted_flagger",
                            "private_party",
                            "own_duty",
                        ],
                    )
                ),
                name="authorities_kind_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="authority",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("confirmed_at", None), ("confirmed_by", None)),
                    models.Q(
                        ("confirmed_at__isnull", False),
                        ("confirmed_by__isnull", False),
                        models.Q(("confirmed_by", models.F("kept_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="authorities_confirmed_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="authority",
            constraint=models.CheckConstraint(
                condition=models.Q(("switchboard__regex", "^\\+[1-9][0-9]{4,14}$")),
                name="authorities_switchboard_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="authoritychange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("change__in", ["registered", "altered", "confirmed", "closed"])
                ),
                name="authorities_change_listed",
            ),
        ),
        migrations.AddIndex(
            model_name="filing",
            index=models.Index(fields=["authority", "at"], name="authorities_filings"),
        ),
        migrations.AddConstraint(
            model_name="filing",
            constraint=models.CheckConstraint(
                condition=models.Q(("direction__in", ["in", "out"])),
                name="authorities_direction_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="officer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("vouched_by", None),
                    models.Q(("vouched_by", models.F("person")), _negated=True),
                    _connector="OR",
                ),
                name="authorities_not_own_voucher",
            ),
        ),
        migrations.AddConstraint(
            model_name="officer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("vouched_by", None),
                    models.Q(("vouched_by", models.F("registered_by")), _negated=True),
                    _connector="OR",
                ),
                name="authorities_vouched_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="officer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("verified_by", None),
                    models.Q(
                        models.Q(("verified_by", models.F("person")), _negated=True),
                        models.Q(("verified_by", models.F("linked_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="authorities_verified_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="officer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("verified_at", None),
                        ("verified_until", None),
                        ("vouched", ""),
                        ("vouched_at", None),
                        ("vouched_by", None),
                        ("vouched_call_back", None),
                        ("vouched_officer", None),
                    ),
                    models.Q(
                        ("verified_at__isnull", False),
                        ("verified_until__isnull", False),
                        ("vouched", "colleague"),
                        ("vouched_at__isnull", False),
                        ("vouched_by__isnull", False),
                        ("vouched_officer__isnull", False),
                    ),
                    models.Q(
                        ("verified_at__isnull", False),
                        ("verified_until__isnull", False),
                        ("vouched", "staff"),
                        ("vouched_at__isnull", False),
                        ("vouched_by__isnull", False),
                        ("vouched_call_back__isnull", False),
                        ("vouched_officer", None),
                    ),
                    _connector="OR",
                ),
                name="authorities_vouched_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="officer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("suspended_at", None), ("suspended_by", None), ("suspended_why", "")),
                    models.Q(
                        ("suspended_at__isnull", False),
                        models.Q(("suspended_why", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="authorities_suspended_for_a_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="callback",
            index=models.Index(fields=["matter"], name="authorities_called_matter"),
        ),
        migrations.AddConstraint(
            model_name="callback",
            constraint=models.CheckConstraint(
                condition=models.Q(("said__in", ["confirmed", "denied", "no_answer"])),
                name="authorities_said_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="callback",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("about", "officer"),
                        ("key", None),
                        ("matter", None),
                        ("officer__isnull", False),
                    ),
                    models.Q(
                        ("about", "key"),
                        ("key__isnull", False),
                        ("matter", None),
                        ("officer__isnull", False),
                    ),
                    models.Q(("about", "matter"), ("key", None), ("matter__isnull", False)),
                    _connector="OR",
                ),
                name="authorities_about_one_thing",
            ),
        ),
        migrations.AddConstraint(
            model_name="officerchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "change__in",
                        [
                            "invited",
                            "link_renewed",
                            "vouched",
                            "reverified",
                            "suspended",
                            "restored",
                            "doubted",
                            "key_added",
                            "key_confirmed",
                            "key_ended",
                        ],
                    )
                ),
                name="authorities_officer_change_listed",
            ),
        ),
        migrations.AddConstraint(
            model_name="officerkey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "usable_from__gte",
                        models.ExpressionWrapper(
                            django.db.models.expressions.CombinedExpression(
                                models.F("added_at"), "+", models.Value(dt.timedelta(days=1))
                            ),
                            output_field=models.DateTimeField(),
                        ),
                    )
                ),
                name="authorities_key_waits",
            ),
        ),
        migrations.RunSQL(LOCKS, migrations.RunSQL.noop),
    ]
