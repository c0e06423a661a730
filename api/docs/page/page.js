/* The page at /docs: Swagger UI, with a choice of demo parties and a new Idempotency-Key for each request. */

const SCHEME = 'bearer';
const KEY = 'Idempotency-Key';
const choice = document.querySelector('#party');

const ui = globalThis.SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
  // Some hundred schemas: drawn when somebody opens them.
  defaultModelsExpandDepth: 0,
  layout: 'BaseLayout',
  presets: [globalThis.SwaggerUIBundle.presets.apis],
  plugins: [freshKeys, whoActs],
  onComplete: () => {
    giveKeys(ui.getSystem());
    void offerDemoParties(ui.getSystem());
  },
});

followColourScheme();

/** Swagger UI calls it for its parts: a request that was sent has used its key, and the next one gets another. */
function freshKeys(system) {
  const executeRequest = (original) => (request) => {
    const sent = original(request);
    giveKey(system, request.pathName, request.method);
    return sent;
  };
  return { statePlugins: { spec: { wrapActions: { executeRequest } } } };
}

/** Fills the header in wherever a request needs it. It stays a field like any other: to repeat a request, its key is entered again. */
function giveKeys(system) {
  for (const [path, operations] of system.specSelectors.specJson().get('paths').entries())
    for (const method of operations.keys()) giveKey(system, path, method);
}

function giveKey({ specSelectors, specActions }, path, method) {
  const parameters = specSelectors.specJson().getIn(['paths', path, method, 'parameters']);
  const header = parameters?.find((parameter) => parameter.get('name') === KEY);
  if (header) specActions.changeParamByIdentity([path, method], header, freshKey(), false);
}

/** Not `randomUUID`, which browsers keep from pages of plain http. */
function freshKey() {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Says at the top who acts, whether by the choice or by the dialog "Authorize". */
function whoActs() {
  const authorize = (original) => (given) => {
    void showWhoActs(given[SCHEME]?.value);
    return original(given);
  };
  const logout = (original) => (names) => {
    void showWhoActs(undefined);
    return original(names);
  };
  return { statePlugins: { auth: { wrapActions: { authorize, logout } } } };
}

let asked = 0;

/** Asks the service itself, which knows of API keys and of tokens of every issuer. */
async function showWhoActs(token) {
  asked += 1;
  const question = asked;
  const answer = token === undefined ? undefined : await whoIs(token);
  // Somebody else may have been chosen meanwhile.
  if (question !== asked) return;
  choice.value = [...choice.options].find(({ dataset }) => dataset.token === token)?.value ?? '';
  const line = document.querySelector('#who');
  line.classList.toggle('refused', answer?.refused === true);
  line.textContent = answer?.text ?? 'You act as nobody';
}

async function whoIs(token) {
  try {
    const response = await fetch('/v1/me', { headers: { authorization: `Bearer ${token}` } });
    const body = await response.json();
    if (!response.ok) return { refused: true, text: `Not accepted: ${body.detail}` };
    return { refused: false, text: `You act as ${body.partyId} (${body.role})` };
  } catch {
    return { refused: true, text: 'The service cannot be reached: reload the page' };
  }
}

/** The demo parties of the embedded mode; elsewhere there are none, and the choice stays hidden. */
async function offerDemoParties({ authActions, specSelectors }) {
  if ((await read('/v1/sign-in'))?.kind !== 'demo') return;
  const { tokens = [] } = (await read('/dev/tokens')) ?? {};
  choice.append(...tokens.map(optionOf));
  const schema = specSelectors.specJson().getIn(['components', 'securitySchemes', SCHEME]).toJS();
  choice.addEventListener('change', () => {
    const { token } = choice.selectedOptions[0].dataset;
    if (token) authActions.authorize({ [SCHEME]: { name: SCHEME, value: token, schema } });
    else authActions.logout([SCHEME]);
  });
  document.querySelector('#demo').hidden = false;
}

async function read(path) {
  const response = await fetch(path);
  return response.ok ? response.json() : undefined;
}

function optionOf({ party, token }) {
  const option = new Option(party);
  option.dataset.token = token;
  return option;
}

function followColourScheme() {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const show = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
  dark.addEventListener('change', show);
  show();
}
