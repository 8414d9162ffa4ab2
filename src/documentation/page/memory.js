// Fills the forms with what the page remembers of answers: visibly, before Execute is pressed. What a person has typed
// stays.

import { createKnown } from './remember.js';

export const known = createKnown();

/** @type {UiPlugin} */
export const memory = () => ({
  statePlugins: {
    spec: {
      wrapActions: {
        setResponse:
          (/** @type {Function} */ original) =>
          (/** @type {string} */ path, /** @type {string} */ method, /** @type {object} */ answer) => {
            known.learn(path, method, answer);
            return original(path, method, answer);
          },
      },
    },
  },
  wrapComponents: {
    parameterRow: (/** @type {Function} */ Original, /** @type {System} */ { React }) =>
      function Row(/** @type {System} */ props) {
        const edition = React.useSyncExternalStore(known.subscribe, known.edition);
        React.useEffect(() => {
          if (props.isExecute) fillParameter(props);
        }, [edition, props.isExecute]);
        return React.createElement(Original, props);
      },
    RequestBody: (/** @type {Function} */ Original, /** @type {System} */ { React }) =>
      function Body(/** @type {System} */ props) {
        const edition = React.useSyncExternalStore(known.subscribe, known.edition);
        const place = React.useRef(null);
        React.useEffect(() => {
          if (props.isExecute) fillBody(props, place.current);
        }, [edition, props.isExecute, props.activeExamplesKey, props.contentType]);
        return React.createElement('div', { ref: place }, React.createElement(Original, props));
      },
    // An optional field of a form is not sent unless somebody ticks the box.
    ParameterIncludeEmpty: (/** @type {Function} */ Original, /** @type {System} */ { React }) =>
      function Include(/** @type {System} */ props) {
        return React.createElement(Original, { ...props, isIncludedOptions: { shouldDispatchInit: false } });
      },
  },
});

/** What a form was last filled with, by operation and field. @type {Map<string, unknown>} */
const filled = new Map();

/** @param {System} props of Swagger UI's row of a parameter */
function fillParameter({ rawParam, pathMethod, specSelectors, onChange }) {
  const [path, method] = pathMethod;
  const name = rawParam.get('name');
  const field = `${method} ${path} ${rawParam.get('in')} ${name}`;
  const current = specSelectors.parameterWithMetaByIdentity(pathMethod, rawParam)?.get('value');
  if (filled.has(field) && filled.get(field) !== current) return;
  const value = known.valueFor(path, method, rawParam.get('in'), name);
  // An example of a filter would leave the list empty.
  const wanted = value ?? (rawParam.get('required') === true ? current : null);
  filled.set(field, wanted);
  if (wanted !== current) onChange(rawParam, wanted);
}

/**
 * @param {System} props of Swagger UI's request body
 * @param {HTMLElement | null} place
 */
function fillBody(props, place) {
  const [, path, method] = props.specPath.toJS();
  const { requestBody, activeExamplesKey, onChange } = props;
  const mediaType = props.contentType || requestBody.get('content')?.keySeq().first() || '';
  if (mediaType.startsWith('multipart/')) {
    fillForm(requestBody.getIn(['content', mediaType, 'schema']), onChange, place);
    return;
  }
  const media = requestBody.getIn(['content', mediaType]);
  const examples = media?.get('examples');
  const example = plainOf(
    examples
      ? examples.getIn([activeExamplesKey ?? examples.keySeq().first(), 'value'])
      : (media?.get('example') ?? media?.getIn(['schema', 'examples'])?.first()),
  );
  if (example === undefined || example === null) return;
  const field = `${method} ${path} body`;
  const current = props.requestBodyValue;
  const isTyped = filled.has(field) && current !== undefined && filled.get(field) !== current;
  const isExample = examples?.some(
    (/** @type {System} */ one) => textOf(plainOf(one.get('value'))) === current,
  );
  // An example as it stands was just chosen by the person.
  if (isTyped && isExample !== true) return;
  const text = textOf(known.bodyFor(path, method, example));
  filled.set(field, text);
  if (text !== current) onChange(text);
}

/** @param {System} value */
function plainOf(value) {
  return typeof value?.toJS === 'function' ? value.toJS() : value;
}

/** @param {unknown} body */
function textOf(body) {
  return typeof body === 'string' ? body : JSON.stringify(body, null, 2);
}

/** A picture of one pixel. */
const picture =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/**
 * Leaves optional fields of a form empty, and chooses an example picture where a file is needed and none is chosen.
 *
 * @param {System} schema
 * @param {Function} onChange
 * @param {HTMLElement | null} place
 */
function fillForm(schema, onChange, place) {
  const required = schema.get('required')?.toJS() ?? [];
  for (const name of schema.get('properties').keySeq()) {
    const field = `form ${name}`;
    if (required.includes(name) || filled.has(field)) continue;
    filled.set(field, '');
    onChange('', [name]);
  }
  const input = place?.querySelector('input[type="file"]');
  if (!(input instanceof HTMLInputElement) || input.files?.length !== 0) return;
  const bytes = Uint8Array.from(atob(picture), (character) => character.charCodeAt(0));
  const chosen = new DataTransfer();
  chosen.items.add(new File([bytes], 'example.png', { type: 'image/png' }));
  input.files = chosen.files;
  input.dispatchEvent(new Event('change', { bubbles: true }));
}
