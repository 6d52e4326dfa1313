/** The name of a room: typed, or made of three words that nobody guesses by chance. */
import { MAX_NAME_LENGTH } from '../../../protocol/limits';
import { Button } from '../../components/button';
import { TextField } from '../../components/field';
import { useTexts } from '../../services';

export interface RoomNameFieldProps {
  readonly value: string;
  readonly error: string | null;
  readonly onChange: (value: string) => void;
  readonly onSubmit: () => void;
}

export function RoomNameField({ value, error, onChange, onSubmit }: RoomNameFieldProps) {
  const texts = useTexts();
  const t = texts.room.name;
  return (
    <form
      className="room-name"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <TextField
        label={t.label}
        hint={t.hint}
        error={error}
        icon="room"
        value={value}
        maxLength={MAX_NAME_LENGTH}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        enterKeyHint="go"
        onChange={(event) => {
          onChange(event.target.value);
        }}
      />
      <Button
        variant="plain"
        icon="sparkle"
        onClick={() => {
          onChange(suggestName(t.words.split(' '), (values) => crypto.getRandomValues(values)));
        }}
      >
        {t.suggest}
      </Button>
    </form>
  );
}

/** Three words of the list: `maple-otter-comet`. */
export function suggestName(
  words: readonly string[],
  fill: (values: Uint32Array<ArrayBuffer>) => Uint32Array,
): string {
  return [...fill(new Uint32Array(3))].map((value) => words[value % words.length] ?? '').join('-');
}
