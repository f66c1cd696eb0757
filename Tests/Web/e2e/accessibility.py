"""The checks that every page passes: axe in both themes, and no sideways scrolling on a phone."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def faults(page: Page) -> list[str]:
    """What axe finds in the light and in the dark theme."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for v in Axe().run(page).response["violations"]:
            found.append(f"{scheme}: {v['id']}: {v['help']}: {[n['html'][:160] for n in v['nodes'][:3]]}")
    return found


def check(page: Page) -> None:
    assert page.get_by_role("heading", level=1).count() == 1
    found = faults(page)
    assert not found, "\n".join(found)
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(100)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
