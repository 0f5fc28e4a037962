"""Oscar's pricing strategy: one stock record, in CAD, tax added by the quote."""

from typing import Any

from oscar.apps.partner import strategy

from catalog.partner.availability import Stock


class CanadianStrategy(
    strategy.UseFirstStockRecord, strategy.StockRequired, strategy.NoTax, strategy.Structured
):
    """Tax is known and zero here: it depends on the address, and the quote adds it."""

    def fetch_for_line(self, line: Any, stockrecord: Any = None) -> strategy.PurchaseInfo:
        """Use the stock record that the line was loaded with; Oscar queries it again."""
        return self.fetch_for_product(line.product, stockrecord or line.stockrecord)

    def pricing_policy(self, product: Any, stockrecord: Any) -> Any:
        """Return the price; none of a kit without components, or with one that has no stock."""
        if product.is_kit and not (
            product.components and all(each.stockrecord for each in product.components)
        ):
            return strategy.UnavailablePrice()
        return super().pricing_policy(product, stockrecord)

    def availability_policy(self, product: Any, stockrecord: Any) -> Any:
        """Return how many units can be bought, with or without backorder."""
        if stockrecord is None or not product.is_public:
            return strategy.Unavailable()
        return Stock.of(stockrecord, product)


class Selector:
    """Oscar's strategy selector; all visitors get the same strategy."""

    def strategy(self, request: Any = None, user: Any = None, **kwargs: Any) -> CanadianStrategy:
        """Return the strategy, which depends on neither request nor user."""
        return CanadianStrategy(request)
