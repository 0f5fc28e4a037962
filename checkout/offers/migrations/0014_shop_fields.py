import microflight.core.bounds
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0033_shop_fields'),
        ('offer', '0013_range_excluded_categories'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='benefit',
            constraint=microflight.core.bounds.Bounds('value', 0, Decimal('99999.99'), name='offer_benefit_value_bounds'),
        ),
        migrations.AddConstraint(
            model_name='benefit',
            constraint=microflight.core.bounds.Bounds('max_affected_items', 1, 1000000000, name='offer_benefit_max_affected_items_bounds'),
        ),
        migrations.AddConstraint(
            model_name='benefit',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('type__in', ['Percentage', 'Shipping percentage']), _negated=True), ('value__lte', 100), _connector='OR'), name='benefit_at_most_100_percent', violation_error_message='Enter a percentage up to 100.'),
        ),
        migrations.AddConstraint(
            model_name='benefit',
            constraint=models.CheckConstraint(condition=models.Q(('type__in', ['', 'Multibuy']), ('value__isnull', False), _connector='OR'), name='benefit_has_a_value', violation_error_message='Enter a value. Zero is a value.'),
        ),
        migrations.AddConstraint(
            model_name='condition',
            constraint=microflight.core.bounds.Bounds('value', Decimal('0.01'), Decimal('999999.99'), name='offer_condition_value_bounds'),
        ),
        migrations.AddConstraint(
            model_name='condition',
            constraint=models.CheckConstraint(condition=models.Q(('type', ''), ('value__isnull', False), _connector='OR'), name='condition_has_a_value'),
        ),
        migrations.AddConstraint(
            model_name='conditionaloffer',
            constraint=microflight.core.bounds.Bounds('priority', -30000, 30000, name='offer_conditionaloffer_priority_bounds'),
        ),
        migrations.AddConstraint(
            model_name='conditionaloffer',
            constraint=microflight.core.bounds.Bounds('max_global_applications', 1, 1000000000, name='offer_conditionaloffer_max_global_applications_bounds'),
        ),
        migrations.AddConstraint(
            model_name='conditionaloffer',
            constraint=microflight.core.bounds.Bounds('max_user_applications', 1, 1000000000, name='offer_conditionaloffer_max_user_applications_bounds'),
        ),
        migrations.AddConstraint(
            model_name='conditionaloffer',
            constraint=microflight.core.bounds.Bounds('max_basket_applications', 1, 1000000000, name='offer_conditionaloffer_max_basket_applications_bounds'),
        ),
        migrations.AddConstraint(
            model_name='conditionaloffer',
            constraint=microflight.core.bounds.Bounds('max_discount', Decimal('0.01'), Decimal('9999999999.99'), name='offer_conditionaloffer_max_discount_bounds'),
        ),
        migrations.AddConstraint(
            model_name='conditionaloffer',
            constraint=microflight.core.bounds.Bounds('total_discount', 0, Decimal('9999999999.99'), name='offer_conditionaloffer_total_discount_bounds'),
        ),
        migrations.AddConstraint(
            model_name='rangeproduct',
            constraint=microflight.core.bounds.Bounds('display_order', -30000, 30000, name='offer_rangeproduct_display_order_bounds'),
        ),
    ]
