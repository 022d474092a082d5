import { adminGroup } from './admin-command.ts';
import { json, list, ofOrganisation, text } from './options.ts';

const columns = ['id', 'organisation', 'issuer', 'audiences', 'disabled_at'];

const changeable = {
  audiences: list('one of these has to be in the tokens'),
  'jwks-uri': text('where its keys are, https:'),
  algorithms: list('of signatures; RS256 and ES256 by default'),
  claims: json('where a token names project and roles'),
};

export const identityProvidersGroup = adminGroup({
  name: 'identity-providers',
  verbs: {
    list: {
      summary: 'all within reach',
      method: 'GET',
      path: '/identity-providers',
      options: ofOrganisation,
      columns,
    },
    show: { summary: 'one', method: 'GET', path: '/identity-providers/{provider}' },
    create: {
      summary: 'has the tokens of an issuer accepted',
      method: 'POST',
      path: '/identity-providers',
      bodyArguments: ['issuer'],
      options: { organisation: text('by default that of the API key'), ...changeable },
    },
    update: {
      summary: 'changes one; what is left out stays as it is',
      method: 'PATCH',
      path: '/identity-providers/{provider}',
      options: changeable,
      isVersioned: true,
    },
    disable: {
      summary: 'has its tokens refused',
      method: 'POST',
      path: '/identity-providers/{provider}/disable',
      columns,
    },
    enable: {
      summary: 'has them accepted again',
      method: 'POST',
      path: '/identity-providers/{provider}/enable',
      columns,
    },
  },
  examples: [
    `identity-providers create https://id.example.com --audiences millrace --jwks-uri https://id.example.com/jwks --claims '{"project": {"claim": "project"}, "roles": {"claim": "roles"}}'`,
    'identity-providers disable idp_0123456789abcdef0123456789abcdef',
  ],
});
