"""The server under test, one browser, and a page that tolerates no error in the console and no violation of the policy."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request

import exposition
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

START_SECONDS = 60


def get_json(url: str) -> dict:
    with urllib.request.urlopen(url, timeout=5) as response:
        return json.load(response)


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what: str, check, process: subprocess.Popen | None = None) -> None:
    """Polls until `check` answers true; says what never came."""
    end = time.monotonic() + START_SECONDS
    last = ""
    while time.monotonic() < end:
        if process and process.poll() is not None:
            pytest.exit(f"the server ended with code {process.returncode} before {what}", returncode=1)
        try:
            if check():
                return
        except OSError as error:
            last = str(error)
        time.sleep(0.2)
    pytest.exit(f"no {what} within {START_SECONDS} s ({last})", returncode=1)


@pytest.fixture(scope="session")
def base_url(tmp_path_factory: pytest.TempPathFactory):
    """The server's address with a slash at the end: APUS_BASE_URL as it runs, or APUS_BINARY started for the tests."""
    given = os.environ.get("APUS_BASE_URL")
    process = None
    if given:
        url = given.rstrip("/") + "/"
    else:
        binary = os.environ.get("APUS_BINARY")
        if not binary:
            pytest.exit("set APUS_BINARY to the server's program, or APUS_BASE_URL to a running server", returncode=1)
        folder = tmp_path_factory.mktemp("server")
        metrics = exposition.serve()
        config = folder / "prometheus.yml"
        config.write_text(exposition.configuration(metrics.server_address[1]))
        port = free_port()
        url = f"http://127.0.0.1:{port}/"
        log = (folder / "server.log").open("wb")
        process = subprocess.Popen(
            [
                binary,
                f"--web.listen-address=127.0.0.1:{port}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--config.file={config}",
            ],
            stdout=log,
            stderr=log,
            cwd=folder,
        )
    try:
        wait_for("answer at /-/ready", lambda: urllib.request.urlopen(url + "-/ready", timeout=5).status == 200, process)
        query = url + "api/v1/query?" + urllib.parse.urlencode({"query": "count_over_time(fixture_requests_total[1m]) > 2"})
        wait_for("scraped samples", lambda: get_json(query)["data"]["result"], process)
        yield url
    finally:
        if process:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            text = (folder / "server.log").read_text(errors="replace")
            print("\n--- last lines of the server's log\n" + "\n".join(text.splitlines()[-8:]))


@pytest.fixture(scope="session")
def browser():
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-headless-shell")
    with sync_playwright() as playwright:
        # Chromium refuses its sandbox to root, which is what tests in containers run as.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=executable, args=arguments)
        print(f"\nChromium {browser.version}")
        yield browser
        browser.close()


class Site:
    """A page with the shorthands the tests use. `allowed` are console texts a test expects."""

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.base = base
        self.allowed: list[str] = []
        self.problems: list[str] = []
        page.on("console", lambda m: self.problems.append(f"console: {m.text}") if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.problems.append(f"exception: {error}"))

    def open(self, path: str = "", heading: str | None = None, **params: str) -> Page:
        """Opens a page; parameters `g0_expr` are written `g0.expr`."""
        query = urllib.parse.urlencode({name.replace("_", ".", 1) if name[0] == "g" else name: v for name, v in params.items()})
        self.page.goto(self.base + path + (f"?{query}" if query else ""))
        self.page.wait_for_selector("html[data-ready]")
        if heading:
            self.page.get_by_role("heading", level=1, name=heading, exact=True).wait_for()
        return self.page

    def params(self) -> dict[str, str]:
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.page.url).query))

    def unexpected(self) -> list[str]:
        return [p for p in self.problems if not any(a in p for a in self.allowed)]


VIOLATIONS = """
window.violations = [];
addEventListener("securitypolicyviolation", (e) => violations.push(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`));
"""


def make_site(context: BrowserContext, base: str) -> Site:
    context.add_init_script(VIOLATIONS)
    page = context.new_page()
    page.set_default_timeout(15_000)
    return Site(page, base)


@pytest.fixture
def context_options() -> dict:
    """Options of the browser context; a test module or parameter may override it."""
    return {"viewport": {"width": 1280, "height": 800}}


@pytest.fixture
def site(browser: Browser, base_url: str, context_options: dict, request: pytest.FixtureRequest):
    context = browser.new_context(locale="en-GB", timezone_id="Asia/Seoul", **context_options)
    site = make_site(context, base_url)
    yield site
    violations = site.page.evaluate("window.violations ?? []")
    keep = os.environ.get("APUS_WEB_SCREENSHOTS")
    if keep and getattr(request.node, "failed", False):
        pathlib.Path(keep).mkdir(parents=True, exist_ok=True)
        site.page.screenshot(path=f"{keep}/{request.node.name.replace('/', '_')}.png")
    context.close()
    assert violations == []
    assert site.unexpected() == []


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    outcome = yield
    if call.when == "call" and outcome.get_result().failed:
        item.failed = True
