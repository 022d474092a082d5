import { describe, expect, it } from 'vitest';
import type { Actor } from './actor.ts';
import { isAddressIn, isNetworkIn } from './addresses.ts';
import { isWithinReach, may, requirePermission, viewOf } from './authorise.ts';
import { requireGrantable, type Grant } from './grants.ts';

const actor = (changes: Partial<Actor> = {}): Actor => ({
  tenant: 'acme-web',
  organisation: 'acme',
  key_id: 'key',
  user_id: null,
  roles: ['admin'],
  reach: 'project',
  scopes: null,
  allowed_models: null,
  allowed_addresses: null,
  expires_at: null,
  issuer: null,
  ...changes,
});
const grant = (changes: Partial<Grant> = {}): Grant => ({
  roles: ['developer'],
  reach: 'project',
  scopes: null,
  allowedModels: null,
  allowedAddresses: null,
  expiresAt: null,
  ...changes,
});

const denial = (changes: Partial<Actor>) => () => requirePermission(actor(changes), 'price.create');
const refusal = (by: Partial<Actor>, given: Partial<Grant>) => () =>
  requireGrantable(actor(by), grant(given));

describe('a permission', () => {
  it('needs a role, a reach and, where the key is held to scopes, the scope', () => {
    expect(may(actor(), 'key.create')).toBe(true);
    expect(may(actor({ roles: ['developer'] }), 'key.create')).toBe(false);
    expect(may(actor(), 'organisation.create')).toBe(false);
    expect(may(actor({ reach: 'platform' }), 'organisation.create')).toBe(true);
    expect(may(actor({ scopes: ['keys:read'] }), 'key.create')).toBe(false);
    expect(may(actor({ scopes: ['keys:write'] }), 'key.create')).toBe(true);
  });

  it('is refused with what is missing', () => {
    expect(denial({ roles: ['analyst'] })).toThrow(/role analyst, which may not do price\.create: admin may/);
    expect(denial({})).toThrow(/reaches its project: price\.create needs the reach platform/);
    expect(denial({ reach: 'platform', scopes: ['inference'] })).toThrow(/needs prices:write/);
  });

  it('is not had by a role or a reach that is not known', () => {
    expect(may(actor({ roles: ['root', '__proto__'] }), 'key.read')).toBe(false);
    expect(may(actor({ reach: 'universe' }), 'organisation.create')).toBe(false);
  });
});

describe('reach', () => {
  it('is the project, the organisation or all', () => {
    const own = { organisation: 'acme', tenant: 'acme-web' };
    const sister = { organisation: 'acme', tenant: 'acme-app' };
    const foreign = { organisation: 'globex', tenant: 'globex' };
    const seen = (reach: string) =>
      [own, sister, foreign].map((place) => isWithinReach(actor({ reach }), place));
    expect(seen('project')).toEqual([true, false, false]);
    expect(seen('organisation')).toEqual([true, true, false]);
    expect(seen('platform')).toEqual([true, true, true]);
    expect(viewOf(actor())).toEqual(own);
  });
});

describe('a grant', () => {
  it('is never more than the one who gives it has', () => {
    expect(refusal({ roles: ['developer'] }, { roles: ['admin'] })).toThrow(/the role admin/);
    expect(refusal({}, { reach: 'organisation' })).toThrow(/the reach organisation/);
    expect(refusal({}, { reach: 'universe' })).toThrow(/the reach platform/);
    expect(refusal({ scopes: ['keys:write'] }, {})).toThrow(/scopes beyond its own/);
    expect(refusal({ scopes: ['keys:write'] }, { scopes: ['prices:write'] })).toThrow(/scopes/);
    expect(refusal({ allowed_models: ['a'] }, { allowedModels: ['a', 'b'] })).toThrow(/allowed_models/);
    expect(refusal({ allowed_addresses: ['10.0.0.0/8'] }, { allowedAddresses: ['11.0.0.1'] })).toThrow(
      /allowed_addresses/,
    );
    expect(refusal({ expires_at: 1_000 }, { expiresAt: null })).toThrow(/outlives/);
    expect(refusal({ expires_at: 1_000 }, { expiresAt: new Date(1_001) })).toThrow(/outlives/);
  });

  it('may be as much', () => {
    const by = {
      scopes: ['keys:write'],
      allowed_models: ['a'],
      allowed_addresses: ['10.0.0.0/8'],
      expires_at: 1_000,
    };
    const given = {
      roles: ['admin'],
      scopes: ['keys:write'],
      allowedModels: ['a'],
      allowedAddresses: ['10.1.0.0/16'],
      expiresAt: new Date(1_000),
    };
    expect(refusal(by, given)).not.toThrow();
  });
});

describe('networks', () => {
  it.each([
    ['10.1.2.3', ['10.0.0.0/8'], true],
    ['::ffff:10.1.2.3', ['10.0.0.0/8'], true],
    ['11.1.2.3', ['10.0.0.0/8'], false],
    ['2001:db8::1', ['2001:db8::/32'], true],
    ['10.1.2.3', ['::/0'], false],
    ['10.1.2.3', ['nonsense', '10.1.2.3'], true],
    ['nonsense', ['0.0.0.0/0'], false],
  ])('hold %s in %j: %s', (address, networks, isIn) => {
    expect(isAddressIn(address, networks)).toBe(isIn);
  });

  it('hold narrower ones', () => {
    expect(isNetworkIn('10.1.0.0/16', ['10.0.0.0/8'])).toBe(true);
    expect(isNetworkIn('0.0.0.0/0', ['10.0.0.0/8'])).toBe(false);
    expect(isNetworkIn('10.0.0.0/40', ['10.0.0.0/8'])).toBe(false);
  });
});
