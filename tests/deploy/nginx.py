"""nginx with the files of `deploy/nginx`, on free ports instead of 80 and 443."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.processes import CHECKOUT, Process, accepts_connections, free_address
from tests.e2e.programs import require
from tests.programs import SEARCH_PATH

FILES = CHECKOUT / "deploy" / "nginx"

# What Debian's own nginx.conf has around the sites, with folders of the test.
_MAIN = """\
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


@dataclass(frozen=True)
class Places:
    """What differs from the machine that the files were written for."""

    secure: str
    plain: str
    servers: tuple[str, str]
    registry: str
    certificate: Path

    def changes(self) -> dict[str, str]:
        """What each text of the site's file becomes."""
        one, two = self.servers
        return {
            "server 127.0.0.1:8001 ": f"server {one} ",
            "server 127.0.0.1:8002 ": f"server {two} ",
            "server 127.0.0.1:5000 ": f"server {self.registry} ",
            "listen 80;": f"listen {self.plain};",
            "listen 443 ": f"listen {self.secure} ",
            "/etc/nginx/tls/fullchain.pem": str(self.certificate),
            "/etc/nginx/tls/privkey.pem": str(self.certificate),
            "/etc/nginx/snippets/": f"{FILES}/",
        }


def changed(text: str, changes: Mapping[str, str]) -> str:
    """The text with each change made; each of them has to be there, once."""
    for old, new in changes.items():
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        text = text.replace(old, new)
    return text


def write_main(folder: Path, site: str) -> Path:
    """The main file of an nginx whose one site is `site`."""
    (folder / "site.conf").write_text(site)
    main = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    main.write_text(_MAIN.format(folder=folder, user=user))
    return main


def command(main: Path, *options: str) -> list[str]:
    return [require("nginx"), "-e", "stderr", "-c", str(main), *options]


@contextmanager
def running_nginx(folder: Path, places: Places) -> Iterator[Process]:
    """Debian's nginx with our files, until the end of the block."""
    folder.mkdir()
    site = changed((FILES / "quaysite.conf").read_text(), places.changes())
    main = write_main(folder, site.replace("registry.example.com", "127.0.0.1"))
    environment = {"PATH": SEARCH_PATH}
    process = Process("nginx", command(main), environment, folder)
    try:
        process.wait_until(lambda: accepts_connections(places.secure))
        yield process
    finally:
        process.stop()


def new_places(servers: tuple[str, str], registry: str, certificate: Path) -> Places:
    """Free addresses, and whom to pass requests on to."""
    return Places(free_address(), free_address(), servers, registry, certificate)
