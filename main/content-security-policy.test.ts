import { expect, it } from 'vitest';
import { contentSecurityPolicy } from './content-security-policy';

it('lets the page reach the hub of this run and nothing else', () => {
  const policy = contentSecurityPolicy('wss://localhost:8443');
  expect(policy).toContain("connect-src 'self' wss://localhost:8443 https://localhost:8443;");
  expect(policy).toContain("default-src 'none';");
  expect(policy).toContain("script-src 'self';");
  expect(policy).not.toMatch(/unsafe|\*/);
});

it('speaks http and ws to a plain hub', () => {
  expect(contentSecurityPolicy('ws://localhost:8080')).toContain(
    "connect-src 'self' ws://localhost:8080 http://localhost:8080;",
  );
});

it('lets it reach nothing without a hub', () => {
  expect(contentSecurityPolicy(null)).toContain("connect-src 'self';");
});
