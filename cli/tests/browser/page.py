#!/usr/bin/env python3
"""Opens a page of `foresz compare` in headless Chromium and uses it as a reader would.

    pip install selenium          # and Chromium with its driver, as Debian's chromium-driver
    foresz compare testdata/fields -p spline,auto --backend huffman,context --report page.html
    python3 cli/tests/browser/page.py page.html [--shots FOLDER]

Looks for messages of errors in the console and for requests to anywhere, sorts, filters and exports
tables, hides contenders, turns light to dark, prints. `--shots` keeps pictures of the whole page in
light and dark, and what is printed.
"""
import argparse
import base64
import csv
import json
import pathlib
import shutil
import tempfile
import time

from selenium import webdriver
from selenium.webdriver.common.by import By

WIDTH = 1240


def browser(downloads):
    options = webdriver.ChromeOptions()
    for flag in ("headless=new", "no-sandbox", "hide-scrollbars", f"window-size={WIDTH},1000"):
        options.add_argument(f"--{flag}")
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = shutil.which("chromedriver")
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver) if driver else None)


class Page:
    def __init__(self, path, downloads):
        self.driver, self.downloads = browser(downloads), downloads
        self.driver.get(path.resolve().as_uri())

    def run(self, script, *args):
        return self.driver.execute_script(script, *args)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def click(self, selector):
        # By the page itself: whatever lies over it does not matter here.
        self.run("document.querySelector(arguments[0]).click()", selector)

    def press(self, selector):
        """As a hand would: downloads want that."""
        button = self.driver.find_element(By.CSS_SELECTOR, selector)
        self.run("arguments[0].scrollIntoView({block: 'center'})", button)
        button.click()

    def column(self, table, number):
        return self.run(
            "return [...document.querySelectorAll(`#${arguments[0]} tbody tr:not(.off)`)]"
            ".map(row => row.cells[arguments[1]].dataset.v ?? row.cells[arguments[1]].textContent)",
            table, number)

    def downloaded(self, name):
        file = self.downloads / name
        for _ in range(100):
            if file.exists() and file.stat().st_size:
                return file.read_text(encoding="utf-8")
            time.sleep(0.05)
        raise AssertionError(f"{name} was not downloaded: {list(self.downloads.iterdir())}")

    def scheme(self, name):
        media = {"features": [{"name": "prefers-color-scheme", "value": name}]}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)

    def paper(self):
        return self.run("return getComputedStyle(document.body).backgroundColor")

    def shot(self, file):
        height = self.run("return document.documentElement.scrollHeight")
        size = {"width": WIDTH, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        file.write_bytes(base64.b64decode(self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})["data"]))
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def asks_nobody(page):
    logs = [json.loads(entry["message"])["message"] for entry in page.driver.get_log("performance")]
    asked = [log["params"]["request"]["url"] for log in logs if log["method"] == "Network.requestWillBeSent"]
    outside = [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    assert not outside, outside


def sorts(page):
    page.click("#ratios th:nth-child(2) button")
    down = [float(x) for x in page.column("ratios", 1) if x != "–"]
    assert down == sorted(down, reverse=True), down
    assert page.run("return document.querySelector('#ratios th:nth-child(2)').ariaSort") == "descending"
    page.click("#ratios th:nth-child(2) button")
    up = [float(x) for x in page.column("ratios", 1) if x != "–"]
    assert up == sorted(up), up
    page.click("#ratios th:nth-child(1) button")
    names = page.column("ratios", 0)
    assert names == sorted(names, key=str.lower) or len(set(names)) == len(names), names


def sorts_numbers_as_numbers(page):
    page.click("#cases th:nth-child(2) button")
    bounds = [float(x) for x in page.column("cases", 1)]
    assert bounds == sorted(bounds), bounds


def exports(page):
    page.press("button[data-export=csv][data-table=ratios]")
    rows = list(csv.reader(page.downloaded("ratios.csv").splitlines()))
    assert len({len(row) for row in rows}) == 1 and rows[0][0] == "contender", rows
    assert len(rows) == 1 + len(page.column("ratios", 0))
    page.press("button[data-export=tex][data-table=ratios]")
    latex = page.downloaded("ratios.tex")
    assert latex.startswith("\\begin{tabular}") and "×" not in latex, latex
    assert latex.count("\\\\") == len(rows), latex


def filters(page):
    inputs = page.all("input[data-filter=cases]")
    if not inputs:
        return
    before = len(page.column("cases", 0))
    first = page.column("cases", 0)[0]
    inputs[0].send_keys(first)
    found = page.column("cases", 0)
    assert found and all(first in name for name in found) and len(found) <= before
    inputs[0].clear()
    inputs[0].send_keys(" ")
    assert len(page.column("cases", 0)) == before


def hides_contenders(page):
    shown = "return document.querySelectorAll('[data-series=\"0\"]:not(.off)').length"
    before = page.run(shown)
    assert before > 2, before
    page.click("input[data-pick='0']")
    assert page.run(shown) == 0
    page.click("input[data-pick='0']")
    assert page.run(shown) == before
    page.click("#all")
    assert page.run("return document.querySelectorAll('[data-series].off').length") >= before
    page.click("#all")
    assert page.run("return document.querySelectorAll('[data-series].off').length") == 0


def is_light_and_dark(page):
    page.scheme("light")
    light = page.paper()
    page.scheme("dark")
    dark = page.paper()
    assert light != dark, light
    page.click("#theme")
    assert page.paper() == light
    page.click("#theme")
    assert page.paper() == dark
    page.run("delete document.documentElement.dataset.theme")
    page.scheme("light")


def fits_its_window(page):
    wide = page.run("return [document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1], wide
    page.driver.set_window_size(520, 900)
    wide = page.run("return [document.documentElement.scrollWidth, innerWidth]")
    page.driver.set_window_size(WIDTH, 1000)
    assert wide[0] <= wide[1], wide


def shows_every_picture(page):
    page.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    time.sleep(0.5)
    broken = page.run("return [...document.images].filter(i => !i.complete || !i.naturalWidth).length")
    odd = page.run(r"return [...document.querySelectorAll('svg')].filter(s => /NaN|undefined|[ =>]-?inf\b/.test(s.innerHTML)).length")
    assert (broken, odd) == (0, 0), (broken, odd)


def prints(page):
    pdf = page.driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    page.pdf = base64.b64decode(pdf["data"])
    assert page.pdf.startswith(b"%PDF") and len(page.pdf) > 20_000


def has_no_errors(page):
    severe = [entry for entry in page.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    assert not severe, severe


CHECKS = [asks_nobody, sorts, sorts_numbers_as_numbers, exports, filters, hides_contenders, is_light_and_dark,
          fits_its_window, shows_every_picture, prints, has_no_errors]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=pathlib.Path)
    parser.add_argument("--shots", type=pathlib.Path)
    args = parser.parse_args()
    assert args.page.stat().st_size < 5_000_000, "the page has more than 5 MB"
    failed = 0
    with tempfile.TemporaryDirectory() as downloads:
        page = Page(args.page, pathlib.Path(downloads))
        try:
            for check in CHECKS:
                try:
                    check(page)
                    print(f"ok      {check.__name__}")
                except Exception as error:
                    failed += 1
                    print(f"FAILED  {check.__name__}: {error}")
            if args.shots:
                args.shots.mkdir(parents=True, exist_ok=True)
                for scheme in ("light", "dark"):
                    page.scheme(scheme)
                    page.shot(args.shots / f"{scheme}.png")
                (args.shots / "page.pdf").write_bytes(page.pdf)
        finally:
            page.driver.quit()
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    raise SystemExit(failed > 0)


if __name__ == "__main__":
    main()
