"""The first acts: a shop opens, the plugin is switched on, goods and people come."""

from __future__ import annotations

from .people import (
    ANNA,
    BORIS,
    CARRIER_SECRET,
    DELIVERY,
    ENGRAVED,
    IN_STOCK,
    LAMP,
    MUG,
    PLUGIN_ID,
    PRODUCTS,
    STAFF_EMAIL,
)
from .stage import Stage

WINDOW = "return_window_days"


def open_shop(stage: Stage) -> None:
    """The first user, a warehouse, on 3.x a channel."""
    teller, saleor = stage.teller, stage.saleor
    teller.act(f"A shop opens on {stage.shop.host.name}")
    with stage.shop.progress.step("Making the first user, the one thing the API can't do"):
        saleor.hire_staff()
    teller.say(f"{STAFF_EMAIL} signs in and does the rest through the shop's own GraphQL.")
    saleor.open()


def switch_on(stage: Stage) -> None:
    """`pluginUpdate`, a wrong setting, and where mails go."""
    teller, saleor = stage.teller, stage.saleor
    teller.act("The plugin is switched on, as in the Dashboard")
    found = saleor.plugin(PLUGIN_ID)
    teller.check("`plugins` lists it", "After-sales service", found.name)
    teller.check("It comes switched off", False, found.is_active)
    settings = {
        WINDOW: "30",
        "carrier_secrets": f"generic={CARRIER_SECRET}",
        "return_instructions": "Demo shop, ul. Magazynowa 1, 00-025 Warszawa",
        "return_rules": f"product: {ENGRAVED.name} | exception C",
        "extra_resolutions": "EXCHANGE_OTHER",
        "voucher_value": "10%",
    }
    errors = saleor.set_plugin(PLUGIN_ID, settings)
    teller.check("`pluginUpdate` switches it on without errors", [], errors)
    errors = saleor.set_plugin(PLUGIN_ID, {WINDOW: "7"})
    teller.say("A merchant tries a return window of 7 days:")
    for error in errors:
        teller.say(f"  {error['field']}: {error['message']}")
    fields = [(error["field"], error.get("code")) for error in errors]
    teller.check("7 days are refused at the field", [("returnWindowDays", "INVALID")], fields)
    found = saleor.plugin(PLUGIN_ID)
    teller.check("Nothing of it was saved", (True, "30"), (found.is_active, found.values[WINDOW]))
    hidden = found.values["carrier_secrets"]
    teller.check("The carrier's secret isn't shown again", CARRIER_SECRET[-4:], hidden)
    teller.check(f"Mails go through {saleor.mail_settings}", [], saleor.set_up_mail())


def welcome(stage: Stage) -> None:
    """Goods on the shelf, one customer with an account."""
    teller, saleor = stage.teller, stage.saleor
    teller.act("Goods and people")
    with stage.shop.progress.step("Filling the shelves"):
        saleor.add_delivery()
        saleor.fill_shelves(PRODUCTS)
        saleor.register(ANNA)
    for product in PRODUCTS:
        teller.check(
            f"{product.name} at {product.price}, in stock", IN_STOCK, saleor.stock(product)
        )
    stage.anna = saleor.sign_in(ANNA.email, ANNA.password)
    teller.say("Anna has an account and reads Polish. Boris buys as a guest and reads Bulgarian.")


def buy(stage: Stage) -> None:
    """Two orders by checkout, paid."""
    teller, saleor = stage.teller, stage.saleor
    teller.act("Two orders")
    stage.annas = saleor.buy(stage.anna, ANNA, [(MUG, 2), (LAMP, 1)])
    stage.boriss = saleor.buy(saleor.anybody, BORIS, [(MUG, 1)])
    for person, order in ((ANNA, stage.annas), (BORIS, stage.boriss)):
        teller.say(f"{person.name}: order {order.number}, {order.total} {order.currency}, paid.")
    expected = (2 * MUG.price + LAMP.price + DELIVERY, MUG.price + DELIVERY)
    totals = (stage.annas.total, stage.boriss.total)
    teller.check("They cost what the goods and the delivery cost", expected, totals)
    how = saleor.set_languages({stage.annas.number: ANNA, stage.boriss.number: BORIS})
    if how:
        teller.say(how)
    timeline = stage.timeline()
    teller.show(timeline)
    seen = (timeline["status"], timeline["progress"], timeline["language"])
    teller.check("Anna sees her order's timeline", ("PREPARING", 20, "pl"), seen)
    done = [item["code"] for item in timeline["milestones"] if item["state"] == "DONE"]
    teller.check("Milestones reached", ["PLACED", "PAID", "CONFIRMED"], done)
