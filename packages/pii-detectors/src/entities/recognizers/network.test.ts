import { describe, expect, it } from 'vitest';
import { foundIn } from '../found.fixture.ts';

describe('addresses of machines', () => {
  it.each([
    ['an upgrade request from host 192.168.10.254', 'IP_ADDRESS 192.168.10.254'],
    ['from 192.168.10.254, twice', 'IP_ADDRESS 192.168.10.254'],
    ['http to 203.0.113.9:8080', 'IP_ADDRESS 203.0.113.9'],
    ['host 2001:db8::ff00:42:8329 is down', 'IP_ADDRESS 2001:db8::ff00:42:8329'],
    ['<ip>203.0.113.9</ip>', 'IP_ADDRESS 203.0.113.9'],
    ['nic A4:4C:DE:82:CD:7D', 'MAC_ADDRESS A4:4C:DE:82:CD:7D'],
    ['0b-b2-66-ab-a7-0e', 'MAC_ADDRESS 0b-b2-66-ab-a7-0e'],
    ['mac a44c.de82.cd7d', 'MAC_ADDRESS a44c.de82.cd7d'],
  ])('finds in %j: %s', (text, expected) => {
    expect(foundIn(text)).toEqual([expected]);
  });

  it.each([
    'version 1.2.3.4 of the build',
    'Upgrade from 1.2.3.4 to 1.2.4.0, please',
    'we upgraded the agent from 2.0.1.7',
    'firmware 4.25.5.102',
    'Section 4.2.1.22 of the spec',
    'build=4.35.20.20',
    'pkg@1.2.3.4',
    'listen on 127.0.0.1 and 0.0.0.0',
    '300.300.300.300',
    'at 10:30 or 1:2',
    'odds 11:4:98, time 12:30:71',
    'std::vector and a::b::c',
    'mac 00:00:00:00:00:00',
    'A4:4C:DE:82:CD',
    '3f2504e0-4f89-11d3-9a0c-0305e82c3301',
  ])('leaves %j alone', (text) => {
    expect(foundIn(text)).toEqual([]);
  });
});
