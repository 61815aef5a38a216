import { expect, test } from 'vitest';
import { readSettings } from '../../src/settings.js';

test('without variables, the app is for `gatepost dev`', () => {
  expect(readSettings({})).toEqual({ mode: 'header', api: 'http://127.0.0.1:3000', issuer: 'http://127.0.0.1:3001', clientId: 'gatepost-web' });
});

test('with cookies, the API is of the same origin', () => {
  expect(readSettings({ VITE_GATEPOST_MODE: 'cookie' })).toMatchObject({ mode: 'cookie', api: '' });
});

test('addresses have no slash at the end', () => {
  expect(readSettings({ VITE_GATEPOST_API: 'https://api.example/prod/' }).api).toBe('https://api.example/prod');
});

test('a misspelt mode does not put tokens into the page', () => {
  expect(() => readSettings({ VITE_GATEPOST_MODE: 'cookies' })).toThrow(/VITE_GATEPOST_MODE is `cookies`, but must be header or cookie/);
});
