// Starts Swagger UI with our own plugins, each of one concern.

import { answer } from './answer.js';
import { chinese } from './chinese.js';
import { readContract } from './contract.js';
import { layout } from './layout.js';
import { login } from './login.js';
import { memory } from './memory.js';
import { nextSteps } from './next-steps.js';
import { persona } from './persona.js';
import { shownOperations } from './shown-operations.js';
import { story } from './story.js';
import { words } from './words.js';

SwaggerUIBundle({
  dom_id: '#page',
  url: new URL('../openapi.json', document.baseURI).href,
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [
    readContract,
    chinese, // before those that wrap the same components again
    layout,
    login,
    shownOperations,
    words,
    answer,
    nextSteps,
    memory,
    story,
    persona,
  ],
  layout: 'Page',
  deepLinking: true,
  docExpansion: 'none',
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  // A sandbox's token opens nothing else; an officer's token is forgotten with the page.
  persistAuthorization: document.body.dataset['sandbox'] === 'true',
  displayRequestDuration: true,
  validatorUrl: null,
});
