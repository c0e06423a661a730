"""A party's own server for Countersign: a selling office or a distributing company (docs/write-a-site.md)."""
import base64, hashlib, json, os, sqlite3, sys, threading, time, urllib.request
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import jwt  # pip install "PyJWT[crypto]"

OFFICE, ISSUER, API_KEY, PARTY = (os.environ[name] for name in ("OFFICE_URL", "OFFICE_ISSUER", "OFFICE_API_KEY", "SITE_PARTY_ID"))
KEY = jwt.algorithms.OKPAlgorithm().prepare_key(open(os.environ["SITE_KEY_FILE"]).read())  # PEM, Ed25519
PUBLIC = {**jwt.algorithms.OKPAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": "key-1", "use": "sig", "alg": "EdDSA"}
WEIGHTS = {"linen-1m": 300, "wool-1kg": 1000}  # grams, of what this selling office sells
DB = sqlite3.connect(os.environ["SITE_DATABASE"], check_same_thread=False)
DB.execute("create table if not exists messages (jti primary key, message, decision)")
LOCK = threading.Lock()  # one decision at a time

def sign(typ, claims):
    return jwt.encode({"iss": PARTY, "iat": int(time.time()), **claims}, KEY, "EdDSA", {"typ": typ, "kid": PUBLIC["kid"]})

def read(text, typ, issuer, issuer_url):  # whose word it is, what kind of word, and to whom
    if jwt.get_unverified_header(text).get("typ") != typ:
        raise jwt.InvalidTokenError(f"no {typ}")
    key = jwt.PyJWKClient(f"{issuer_url}/.well-known/jwks.json").get_signing_key_from_jwt(text)
    return jwt.decode(text, key, ["EdDSA"], audience=PARTY, issuer=issuer, options={"require": ["iss", "aud", "sub", "iat"]})

def ask_office(path, body):
    headers = {"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"}
    request = urllib.request.Request(OFFICE + path, json.dumps(body).encode(), headers)
    return json.load(urllib.request.urlopen(request, timeout=8))

def ask_until_done(path, body):
    try:
        ask_office(path, body)
    except OSError:  # the office is away, or it is too early (409)
        threading.Timer(1, ask_until_done, (path, body)).start()

def promise(message):  # claim 2: the office is asked about the check before anything is promised
    check, lines = message["body"]["echeck"], message["body"]["lines"]
    verdict = ask_office("/v1/echecks/validation", {"echeck": check})
    if not verdict["valid"]:
        return "refused", {"reason": f"check_invalid: {verdict['reason']}"}
    distributor = jwt.decode(check, options={"verify_signature": False})["distributor"]
    weighed = [{**line, "weightGrams": WEIGHTS[line["sku"]]} for line in lines]
    claims = {"aud": distributor, "sub": message["sub"], "lines": weighed, "deliverTo": message["body"]["deliverTo"]}
    return "promised", {"instruction": sign("instruction+jwt", claims)}

def plan(message):  # claim 11: the heavier, the later
    what = read(message["body"]["instruction"], "instruction+jwt", message["from"], os.environ["SELLER_URL"])
    days = 2 + sum(line["weightGrams"] * line["quantity"] for line in what["lines"]) // 10_000
    at = (datetime.now(timezone.utc) + timedelta(days=days)).replace(hour=10, minute=0, second=0, microsecond=0)
    return "scheduled", {"deliverAt": at.isoformat()}

def demand(message):  # claims 5, 7: the demand carries the check. Beside the receipt: the office waits for that one
    (presented,) = DB.execute("select message from messages where jti = ?", (f"{message['sub']}:presentation",)).fetchone()
    threading.Timer(0, ask_until_done, ("/v1/payment-demands", {"echeck": json.loads(presented)["body"]["echeck"]})).start()
    return "received", {}

DECIDE = {"presentation": promise, "instruction": plan, "completed": demand}

def decision_on(message):
    with LOCK, DB:  # message and decision are kept together: what comes again is not decided again
        kept = DB.execute("select decision from messages where jti = ?", (message["jti"],)).fetchone()
        if kept:
            return json.loads(kept[0])
        decision = DECIDE.get(message["kind"], lambda _: ("received", {}))(message)
        DB.execute("insert into messages values (?, ?, ?)", (message["jti"], json.dumps(message), json.dumps(decision)))
        return decision

def receipt_for(text):
    message = read(text, "party-message+jwt", ISSUER, OFFICE)
    verdict, body = decision_on(message)
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    claims = {"aud": ISSUER, "message": message["jti"], "digest": digest, "verdict": verdict, "body": body}
    return sign("party-receipt+jwt", claims)

class Site(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(200, "application/json", json.dumps({"keys": [PUBLIC]}))
    def do_POST(self):
        try:
            self.answer(200, "application/jose", receipt_for(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        except Exception as error:  # no receipt: the office asks again
            self.answer(503, "text/plain", str(error))
    def answer(self, status, media_type, text):
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.end_headers()
        self.wfile.write(text.encode())
    def log_message(self, *_):
        pass

threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()  # ends with whoever started it
server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("SITE_PORT", "0"))), Site)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
