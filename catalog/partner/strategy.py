"""Price and availability, as Oscar asks for them: one stock record, CAD, tax added by the quote."""

from typing import Any

from oscar.apps.partner import strategy

from catalog.partner.availability import Stock


class CanadianStrategy(
    strategy.UseFirstStockRecord, strategy.StockRequired, strategy.NoTax, strategy.Structured
):
    """Tax counts as known and zero here: it depends on the address and is added by the quote."""

    def fetch_for_line(self, line: Any, stockrecord: Any = None) -> strategy.PurchaseInfo:
        """Use the stock record that the line was loaded with; Oscar's looks it up again."""
        return self.fetch_for_product(line.product, stockrecord or line.stockrecord)

    def availability_policy(self, product: Any, stockrecord: Any) -> Any:
        """Say how many pieces may be bought, and whether later ones come on backorder."""
        if stockrecord is None or not product.is_public:
            return strategy.Unavailable()
        return Stock.of(stockrecord)


class Selector:
    """Where Oscar asks for the strategy; every visitor gets the same."""

    def strategy(self, request: Any = None, user: Any = None, **kwargs: Any) -> CanadianStrategy:
        """Return the strategy; request and user make no difference to it."""
        return CanadianStrategy(request)
