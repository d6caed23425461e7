"""The settings of each proxy: on `port`, in front of a server on `upstream`, whose silence it bears for a second."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from servers import install

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 1
"""Seconds of silence after which a proxy gives an upstream up."""

_ASKS_FOR_VERSION = {
    "nginx": "-v",
    "haproxy": "-v",
    "apache2": "-v",
    "varnishd": "-V",
    "squid": "-v",
    "caddy": "version",
}


def version(program: str) -> str:
    """Return the version of a proxy's program, such as "1.22.1"."""
    asked = [program, _ASKS_FOR_VERSION[Path(program).name]]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=20, check=True)
    found = re.search(r"\d+\.\d+[.\d]*", done.stdout + done.stderr)
    return found[0] if found else "unknown"


def nginx(location: str = "") -> Callable[[int, int, Path], list[str]]:
    """Return the command of an nginx with further directives in its location."""

    def command(port: int, upstream: int, folder: Path) -> list[str]:
        temporary = "\n".join(
            f"  {name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(
            f"""
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
{temporary}
  access_log off;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://127.0.0.1:{upstream};
      proxy_read_timeout {PATIENCE}s;
      {location}
    }}
  }}
}}
"""
        )
        return [install.debian("nginx", "nginx"), "-e", "stderr", "-c", str(folder / "nginx.conf")]

    return command


def haproxy(options: str = "") -> Callable[[int, int, Path], list[str]]:
    """Return the command of a haproxy with further lines in its defaults."""

    def command(port: int, upstream: int, folder: Path) -> list[str]:
        (folder / "haproxy.cfg").write_text(
            f"""
defaults
  mode http
  timeout connect 1s
  timeout client 30s
  timeout server {PATIENCE}s
  retries 0
  {options}
listen streams
  bind 127.0.0.1:{port}
  server upstream 127.0.0.1:{upstream}
"""
        )
        return [install.debian("haproxy", "haproxy"), "-db", "-f", str(folder / "haproxy.cfg")]

    return command


def apache(parameters: str = "", directives: str = "") -> Callable[[int, int, Path], list[str]]:
    """Return the command of an Apache httpd with parameters of its ProxyPass, and further directives."""

    def command(port: int, upstream: int, folder: Path) -> list[str]:
        program = install.debian("apache2", "apache2")
        modules = "\n".join(
            f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"
            for name in ("mpm_event", "authz_core", "filter", "deflate", "proxy", "proxy_http")
        )
        (folder / "httpd.conf").write_text(
            f"""
ServerRoot {folder}
ServerName 127.0.0.1
PidFile {folder}/pid
DefaultRuntimeDir {folder}
ErrorLog {folder}/error.log
Listen 127.0.0.1:{port}
{modules}
ProxyTimeout {PATIENCE}
ProxyPass / http://127.0.0.1:{upstream}/ retry=0 {parameters}
{directives}
"""
        )
        return [program, "-X", "-f", str(folder / "httpd.conf")]

    return command


def varnish(rules: str = "") -> Callable[[int, int, Path], list[str]]:
    """Return the command of a Varnish with further subroutines."""

    def command(port: int, upstream: int, folder: Path) -> list[str]:
        (folder / "default.vcl").write_text(
            f"""
vcl 4.1;
backend default {{
  .host = "127.0.0.1";
  .port = "{upstream}";
  .first_byte_timeout = {PATIENCE}s;
  .between_bytes_timeout = {PATIENCE}s;
}}
{rules}
"""
        )
        program = [install.debian("varnish", "varnishd"), "-F", "-j", "none", "-n", str(folder)]
        # An upstream that was down is asked again at once.
        return [
            *program, "-f", str(folder / "default.vcl"), "-a", f"127.0.0.1:{port}", "-s", "malloc,32m",
            "-p", "backend_remote_error_holddown=0", "-p", "backend_local_error_holddown=0",
        ]  # fmt: skip

    return command


def squid(port: int, upstream: int, folder: Path) -> list[str]:
    """Return the command of a Squid in front of one server."""
    (folder / "squid.conf").write_text(
        f"""
http_port 127.0.0.1:{port} accel defaultsite=127.0.0.1 no-vhost
cache_peer 127.0.0.1 parent {upstream} 0 no-query no-digest no-netdb-exchange originserver
{_squid(folder)}
"""
    )
    return [install.debian("squid", "squid"), "-N", "-f", str(folder / "squid.conf")]


def squid_forward(port: int, _: int, folder: Path) -> list[str]:
    """Return the command of a Squid as a forward proxy, for http and for CONNECT."""
    (folder / "squid.conf").write_text(f"http_port 127.0.0.1:{port}\n{_squid(folder)}")
    return [install.debian("squid", "squid"), "-N", "-f", str(folder / "squid.conf")]


def _squid(folder: Path) -> str:
    return f"""
http_access allow all
cache deny all
cache_log stdio:/dev/stderr
access_log none
pid_filename {folder}/pid
coredump_dir {folder}
logfile_rotate 0
pinger_enable off
read_timeout {2 * PATIENCE} seconds
connect_timeout 1 seconds
shutdown_lifetime 0 seconds
"""


def caddy(options: str = "", directives: str = "") -> Callable[[int, int, Path], list[str]]:
    """Return the command of a Caddy with further options of its reverse proxy, and further directives."""

    def command(port: int, upstream: int, folder: Path) -> list[str]:
        (folder / "Caddyfile").write_text(
            f"""
{{
  admin off
  auto_https off
  persist_config off
}}
http://127.0.0.1:{port} {{
  bind 127.0.0.1
  {directives}
  reverse_proxy 127.0.0.1:{upstream} {{
    {options}
    transport http {{
      read_timeout {PATIENCE}s
      response_header_timeout {PATIENCE}s
    }}
  }}
}}
"""
        )
        return [
            install.script("caddy", "caddy"),
            "run",
            "--config",
            str(folder / "Caddyfile"),
            "--adapter",
            "caddyfile",
        ]

    return command


def tinyproxy(port: int, _: int, folder: Path) -> list[str]:
    """Return the command of a tinyproxy, for http and for CONNECT."""
    (folder / "tinyproxy.conf").write_text(
        f"""
Port {port}
Listen 127.0.0.1
Timeout {PATIENCE}
BasicAuth ada secret
"""
    )
    return [install.debian("tinyproxy", "tinyproxy"), "-d", "-c", str(folder / "tinyproxy.conf")]


def microsocks(port: int, _: int, __: Path) -> list[str]:
    """Return the command of a SOCKS5 proxy that wants a password."""
    program = install.debian("microsocks", "microsocks")
    return [program, "-i", "127.0.0.1", "-p", str(port), "-u", "ada", "-P", "secret"]
