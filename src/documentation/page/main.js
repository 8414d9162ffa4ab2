// Starts Swagger UI with our own plugins, each of one concern.

import { memory } from './memory.js';
import { persona } from './persona.js';

SwaggerUIBundle({
  dom_id: '#page',
  url: new URL('../openapi.json', document.baseURI).href,
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [memory, persona],
  layout: 'BaseLayout',
  deepLinking: true,
  tryItOutEnabled: true,
  persistAuthorization: true,
  displayRequestDuration: true,
  validatorUrl: null,
});
