"""moto where LocalStack is expected: on port 4566, with the answer by which it is seen to be ready. SIGTERM ends it."""
import signal
import sys

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

aws = DomainDispatcherApplication(create_backend_app)


def app(environ, start_response):
    if environ["PATH_INFO"] == "/_localstack/health":
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b'{"services": {}, "edition": "moto"}']
    return aws(environ, start_response)


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
run_simple("0.0.0.0", 4566, app, threaded=True)
