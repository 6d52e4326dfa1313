/** The chat of a room: what was written, and a line to write on. Texts are shown as text, whatever they contain. */
import { useEffect, useRef, useState } from 'react';
import { MAX_CHAT_LENGTH } from '../../../protocol/room-channel';
import { Button, IconButton } from '../../components/button';
import { useLanguage, useServices, useTexts } from '../../services';
import { useStore } from '../../store';
import type { ChatEntry } from './room-chat';
import type { RoomSession } from './room-session';
import './chat-panel.css';

export interface ChatPanelProps {
  readonly session: RoomSession;
  readonly onClose: () => void;
}

export function ChatPanel({ session, onClose }: ChatPanelProps) {
  const texts = useTexts();
  const { entries } = useStore(session.chat);
  const list = useRef<HTMLDivElement>(null);
  const last = entries.at(-1)?.key;
  useEffect(() => {
    const element = list.current;
    if (element !== null) element.scrollTop = element.scrollHeight;
  }, [last]);
  const t = texts.room.chat;
  return (
    <section className="chat" aria-label={t.title}>
      <div className="chat__head">
        <h2>{t.title}</h2>
        <IconButton icon="close" label={texts.app.close} onClick={onClose} />
      </div>
      {entries.length === 0 ? (
        <div className="chat__empty">
          <strong>{t.empty}</strong>
          <p>{t.emptyAdvice}</p>
        </div>
      ) : (
        <div ref={list} className="chat__log" role="log" aria-label={t.title} tabIndex={0}>
          <ol className="chat__entries">
            {entries.map((entry) => (
              <Entry key={entry.key} entry={entry} />
            ))}
          </ol>
        </div>
      )}
      <Composer session={session} />
    </section>
  );
}

function Entry({ entry }: { readonly entry: ChatEntry }) {
  const texts = useTexts();
  const language = useLanguage();
  const at = new Date(entry.at);
  const t = texts.room.chat;
  return (
    <li className={`chat__entry chat__entry--${entry.from}`}>
      <span className="visually-hidden">{entry.from === 'me' ? t.me : t.them}: </span>
      <p className="chat__text" dir="auto">
        {entry.text}
      </p>
      <time className="chat__time numeric" dateTime={at.toISOString()}>
        {new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit' }).format(at)}
      </time>
    </li>
  );
}

/** The counter shows when it begins to matter. */
const NEAR_THE_END = 200;

function Composer({ session }: { readonly session: RoomSession }) {
  const { toasts } = useServices();
  const texts = useTexts();
  const { open } = useStore(session.chat);
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    field.current?.focus();
  }, []);
  const t = texts.room.chat;
  const over = text.trim().length - MAX_CHAT_LENGTH;
  const empty = text.trim() === '';

  function send(): void {
    if (empty || over > 0 || !open) return;
    if (session.say(text)) setText('');
    else toasts.show(t.failed, 'bad');
    field.current?.focus();
  }

  return (
    <form
      className="chat__composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <label className="visually-hidden" htmlFor="room-message">
        {t.label}
      </label>
      <textarea
        ref={field}
        id="room-message"
        className="field__input chat__field"
        rows={2}
        value={text}
        placeholder={t.placeholder}
        aria-invalid={over > 0 || undefined}
        aria-describedby="room-message-note"
        onChange={(event) => {
          setText(event.target.value);
        }}
        onKeyDown={(event) => {
          // Enter sends, as everywhere; Shift and Enter begin a new line.
          if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
          event.preventDefault();
          send();
        }}
      />
      <Button variant="primary" icon="send" type="submit" disabled={empty || over > 0 || !open}>
        {t.send}
      </Button>
      <p id="room-message-note" className="chat__note">
        {!open ? t.none : over > 0 ? t.tooLong(over) : over > -NEAR_THE_END ? String(-over) : ''}
      </p>
    </form>
  );
}
