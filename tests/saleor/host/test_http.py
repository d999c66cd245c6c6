"""Calls to other servers: what goes out, and the limits of time, size and place."""

import gzip
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from saleor_aftersale.host import fetching, http
from saleor_aftersale.values import HttpAnswer, HttpFailed
from tests.factories import IS_3

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def direct(monkeypatch):
    """No proxy of the machine the tests run on."""
    monkeypatch.setenv("NO_PROXY", "*")


class Handler(BaseHTTPRequestHandler):
    """Answers by the path; keeps what came in at the server."""

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.server.seen.append((self.command, self.path, self.rfile.read(length), self.headers))
        getattr(self, "_" + self.path.strip("/"))()

    do_GET = do_POST

    def log_message(self, *_arguments):
        """Nothing is written to the terminal."""

    def _reply(self, body, status=200, **headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def _plain(self):
        self._reply(b'{"a": 1}', X_Limit="7")

    def _busy(self):
        self._reply(b"busy", 429, Retry_After="60")

    def _away(self):
        self._reply(b"", 302, Location="/plain")

    def _bomb(self):
        self._reply(gzip.compress(b" " * 10_000), Content_Encoding="gzip")

    def _short(self):
        self._reply(b"{", Content_Length="10")

    def _slow(self):
        time.sleep(1)
        self._reply(b"{}")

    def _drip(self):
        self.send_response(200)
        self.end_headers()
        for _ in range(20):
            self.wfile.write(b" " * fetching.CHUNK)
            self.wfile.flush()
            time.sleep(0.05)


@pytest.fixture
def server():
    """A server on this machine, which Saleor's own test settings let us call."""
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.seen = []
    made.url = f"http://127.0.0.1:{made.server_port}/"
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def get(server, path):
    return http.send("GET", server.url + path, headers={"Authorization": "Token ours"})


def failure_of(server, path):
    with pytest.raises(HttpFailed) as failed:
        get(server, path)
    return failed.value.message


def test_answer_is_given_as_it_came(server):
    answer = http.send("POST", server.url + "plain", headers={"X-Key": "k"}, body=b"\xff{}")

    assert (answer.status, answer.body, answer.headers["x-limit"]) == (200, b'{"a": 1}', "7")
    ((method, path, body, headers),) = server.seen
    assert (method, path, body, headers["X-Key"]) == ("POST", "/plain", b"\xff{}", "k")


def test_answer_is_given_whatever_it_means(server):
    answer = get(server, "busy")

    assert isinstance(answer, HttpAnswer)
    assert (answer.status, answer.headers["retry-after"], answer.body) == (429, "60", b"busy")


def test_redirect_is_not_followed(server):
    assert get(server, "away").status == 302
    assert [path for _method, path, _body, _headers in server.seen] == ["/away"]


def test_login_of_the_machine_stays_at_home(server, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("default login eve password theirs")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

    get(server, "plain")

    assert server.seen[0][3]["Authorization"] == "Token ours"


@pytest.mark.parametrize("path", ["bomb", "drip"])
def test_call_fails_when_the_answer_is_too_large(server, monkeypatch, path):
    monkeypatch.setattr(fetching, "MAX_BYTES", 9_999)

    assert failure_of(server, path) == "The answer has more than 9999 bytes."


def test_call_fails_when_nothing_comes_for_too_long(server, monkeypatch):
    monkeypatch.setattr(fetching, "READ_TIMEOUT", 0.2)

    assert failure_of(server, "slow") == "No answer came: ReadTimeout."


def test_call_fails_when_the_whole_takes_too_long(server, monkeypatch):
    monkeypatch.setattr(fetching, "WHOLE_TIMEOUT", 0.2)

    assert failure_of(server, "drip") == "The answer took more than 0.2 seconds."


def test_call_fails_when_the_answer_breaks_off(server):
    assert failure_of(server, "short").startswith("No answer came: ")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "https://nowhere.invalid/", "https://[", "ftp://x/", "x"]
)
def test_call_fails_without_naming_the_address_when_nobody_is_there(url):
    with pytest.raises(HttpFailed) as failed:
        http.send("GET", url, headers={})

    assert failed.value.message.startswith("No answer came: ")
    assert url not in failed.value.message


@pytest.mark.skipif(not IS_3, reason="2.10.1 filters no addresses")
@pytest.mark.parametrize("host", ["127.0.0.1:8", "10.0.0.1", "169.254.169.254", "localhost:8"])
def test_call_fails_when_the_address_is_private(monkeypatch, host):
    from saleor.core.http_client import HTTPClient  # noqa: PLC0415 -- only on 3.x

    # As everywhere but in Saleor's own test settings.
    monkeypatch.setattr(HTTPClient.config, "ip_filter_enable", True)
    monkeypatch.setattr(HTTPClient.config, "ip_filter_allow_loopback_ips", False)

    with pytest.raises(HttpFailed) as failed:
        http.send("GET", f"http://{host}/", headers={})

    assert failed.value.message == "No answer came: InvalidIPAddress."
