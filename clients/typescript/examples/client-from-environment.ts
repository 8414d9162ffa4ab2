// The client that the examples share, made from the environment: by token, by client credentials, or by signed requests.

import { type Credentials, createClient } from '../src/index.ts';

const {
  BASE_URL: baseUrl = 'http://127.0.0.1:3000',
  TOKEN: token,
  APP_ID: app,
  APP_KEY: key = '1',
  APP_SECRET: secret,
  CLIENT_ID: clientId = 'platform-ganfutong',
  CLIENT_SECRET: clientSecret = 'sandbox',
  TOKEN_URL: tokenUrl = `${baseUrl}/sandbox/issuer/token`,
} = process.env;

function readCredentials(): Credentials {
  if (token !== undefined) return { token };
  if (app !== undefined && secret !== undefined) return { app, key: Number(key), secret };
  return { tokenUrl, clientId, clientSecret };
}

export const options = { baseUrl, credentials: readCredentials() };
export const client = createClient(options);
