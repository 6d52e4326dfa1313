/** What the embedded media server, a process of its own, tells the process that started it. */

/** Why it could not start, where the user can do something about it. */
export type MediaServerTrouble = 'udp-ports-taken';

export type MediaServerMessage =
  | { readonly type: 'ready'; readonly url: string }
  | { readonly type: 'failed'; readonly message: string; readonly why?: MediaServerTrouble };
