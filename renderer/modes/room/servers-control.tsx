/** STUN and TURN servers for meeting across networks; a small link, since hardly anybody needs it. */
import { useState } from 'react';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { Field } from '../../components/field';
import { formatIceServers, parseIceServers } from '../../media/ice-servers';
import { useServices, useTexts } from '../../services';
import { useStore } from '../../store';

export function ServersControl() {
  const { preferences } = useServices();
  const texts = useTexts();
  const { iceServers } = useStore(preferences);
  const [open, setOpen] = useState(false);
  const t = texts.room.servers;
  return (
    <div className="room-servers">
      <Button
        variant="plain"
        icon="globe"
        aria-haspopup="dialog"
        onClick={() => {
          setOpen(true);
        }}
      >
        {t.action}
        {iceServers.length > 0 && ` (${t.count(iceServers.length)})`}
      </Button>
      <Dialog
        open={open}
        title={t.title}
        onClose={() => {
          setOpen(false);
        }}
      >
        <ServersForm
          onDone={() => {
            setOpen(false);
          }}
        />
      </Dialog>
    </div>
  );
}

function ServersForm({ onDone }: { readonly onDone: () => void }) {
  const { preferences } = useServices();
  const texts = useTexts();
  const [lines, setLines] = useState(() => formatIceServers(preferences.get().iceServers));
  const [wrongLine, setWrongLine] = useState<number | null>(null);
  const t = texts.room.servers;
  return (
    <form
      className="room-servers__form"
      onSubmit={(event) => {
        event.preventDefault();
        const parsed = parseIceServers(lines);
        if (!parsed.ok) {
          setWrongLine(parsed.line);
          return;
        }
        preferences.change({ iceServers: [...parsed.servers] });
        onDone();
      }}
    >
      <p>{t.advice}</p>
      <Field label={t.label} error={wrongLine === null ? null : t.wrong(wrongLine)}>
        {(ties) => (
          <textarea
            {...ties}
            className="field__input room-servers__lines"
            rows={4}
            spellCheck={false}
            autoComplete="off"
            placeholder={'stun:stun.example.org:3478\nturn:turn.example.org:3478 user password'}
            value={lines}
            onChange={(event) => {
              setLines(event.target.value);
              setWrongLine(null);
            }}
          />
        )}
      </Field>
      <Button variant="primary" type="submit" icon="check">
        {t.save}
      </Button>
    </form>
  );
}
