import { expect, it } from 'vitest';
import { detectorOf } from './detector-of.ts';
import { mayHoldForms } from './may-hold.ts';
import { defaultPiiPolicy } from './pii-policy.ts';

const detect = detectorOf(defaultPiiPolicy, 'input', { names: false });

it.each([
  'nic ab-cd-ef-ab-cd-ef',
  'nic AB:CD:EF:AB:CD:EF',
  'address dead:beef::cafe',
  'host fe:dc:ba:fe:dc:ba:fe:dc is',
  'see example.com/in/ada-moyo now',
  'mot de passe: akq!dfgh',
  'Kennwort: akq!dfgh',
  'contraseña: akq!dfgh',
  'senha: akq!dfgh',
  'clave = akq!dfgh',
  'credentials: akq!dfgh',
  'glpat-abcdefghijklmnopqrst',
  'xoxb-abcdefghij',
  'github_pat_abcdefghijklmnopqrstuv',
])('sees that %j may hold something, though it has no figures', (text) => {
  expect(detect(text)).not.toEqual([]);
  expect(mayHoldForms(text)).toBe(true);
});

it('sees that prose holds nothing', () => {
  expect(mayHoldForms('The capital of France is Paris: it is large, and/or old. "Why?" -- Because.')).toBe(
    false,
  );
});
