/** Names and secrets that the hub makes up; handed in, so that tests can tell them beforehand. */
import { randomBytes } from 'node:crypto';

export interface Ids {
  /** A short name for logs and `ref`s: unique, not secret. */
  next(): string;
  /** Cannot be guessed: 256 bits as base64url. */
  secret(): string;
}

export const randomIds: Ids = {
  next: () => randomBytes(6).toString('base64url'),
  secret: () => randomBytes(32).toString('base64url'),
};
