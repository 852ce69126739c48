// What the toolbars are made of: buttons that leave the keyboard in the text, lists to
// choose from, colours.
import {
  Button,
  Combobox,
  Menu,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Option,
  useArrowNavigationGroup,
} from "@fluentui/react-components";
import { ChevronDown12Regular } from "@fluentui/react-icons";
import {
  type CSSProperties,
  type MouseEvent,
  type ReactElement,
  type ReactNode,
  useEffect,
  useState,
} from "react";

import type { Argument } from "./cbor";
import { useDoc, useEditor, useEdits } from "./context";
import { words, type Word } from "./words";

/** A press leaves the keyboard where it is. */
export const keepFocus = (event: MouseEvent): void => event.preventDefault();

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

/** "Bold (Ctrl+B)" */
export const withKeys = (text: string, keys?: string): string =>
  keys === undefined
    ? text
    : `${text} (${isMac ? keys.replaceAll("Ctrl+", "⌘") : keys})`;

export function Tool({
  word,
  keys,
  icon,
  pressed,
  disabled = false,
  id,
  onClick,
}: {
  word: Word;
  keys?: string;
  icon: ReactElement;
  pressed?: boolean | undefined;
  disabled?: boolean;
  id?: string;
  onClick: () => void;
}) {
  return (
    <Button
      {...(id === undefined ? {} : { id })}
      className="d-tool"
      appearance="subtle"
      icon={icon}
      aria-label={words(word)}
      title={withKeys(words(word), keys)}
      {...(pressed === undefined ? {} : { "aria-pressed": pressed })}
      disabledFocusable={disabled}
      onMouseDown={keepFocus}
      onClick={onClick}
    />
  );
}

/** One that does a command; where the engine tells of it, pressed while it holds. */
export function CommandTool({
  word,
  command,
  given,
  keys,
  icon,
  toggles = false,
}: {
  word: Word;
  command: string;
  given?: readonly Argument[];
  keys?: string;
  icon: ReactElement;
  toggles?: boolean;
}) {
  const { doc, refocus } = useEditor();
  const state = useDoc(({ states }) => states[command]);
  const edits = useEdits();
  return (
    <Tool
      id={`tool-${command}`}
      word={word}
      {...(keys === undefined ? {} : { keys })}
      icon={icon}
      pressed={toggles ? state === "true" : undefined}
      disabled={!edits || state === "disabled"}
      onClick={() => {
        doc.command(command, given);
        refocus();
      }}
    />
  );
}

export const Strip = (): ReactElement => <span className="d-strip" aria-hidden="true" />;

/** A button with a menu behind it. */
export function ToolMenu({
  word,
  icon,
  text = false,
  disabled = false,
  id,
  children,
}: {
  word: Word;
  icon?: ReactElement;
  text?: boolean;
  disabled?: boolean;
  id?: string;
  children: ReactNode;
}) {
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Button
          {...(id === undefined ? {} : { id })}
          className="d-tool"
          appearance="subtle"
          disabledFocusable={disabled}
          {...(icon === undefined ? {} : { icon })}
          aria-label={words(word)}
          title={words(word)}
        >
          {text ? words(word) : null}
          <ChevronDown12Regular />
        </Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>{children}</MenuList>
      </MenuPopover>
    </Menu>
  );
}

/** A list to choose from, into which something else can be typed. */
export function Choice({
  word,
  id,
  className,
  value,
  options,
  disabled,
  textOf = (value) => value,
  onChoose,
}: {
  word: Word;
  id: string;
  className: string;
  value: string;
  options: readonly string[];
  disabled: boolean;
  textOf?: (value: string) => string;
  onChoose: (value: string) => void;
}) {
  const [typed, setTyped] = useState<string>();
  useEffect(() => setTyped(undefined), [value]);
  const choose = (text: string) => {
    setTyped(undefined);
    if (text !== "") onChoose(text);
  };
  return (
    <Combobox
      id={id}
      className={className}
      size="small"
      freeform
      aria-label={words(word)}
      title={words(word)}
      disabled={disabled}
      value={typed ?? textOf(value)}
      selectedOptions={[value]}
      listbox={{ className: "d-options" }}
      positioning={{ autoSize: "height" }}
      onChange={(event) => setTyped(event.target.value)}
      onFocus={(event) => event.target.select()}
      onBlur={() => setTyped(undefined)}
      onKeyDown={(event) => {
        if (event.key === "Enter" && typed !== undefined) choose(typed.trim());
      }}
      onOptionSelect={(_, { optionValue }) => choose(optionValue ?? "")}
    >
      {options.map((option) => (
        <Option key={option} value={option} text={textOf(option)}>
          {textOf(option)}
        </Option>
      ))}
    </Combobox>
  );
}

/** The keyboard goes into what has opened. */
const focusFirst = (surface: HTMLDivElement | null): void =>
  surface?.querySelector("button")?.focus();

// ---- colours

const GREYS = ["000000", "434343", "666666", "999999", "b7b7b7", "cccccc", "d9d9d9", "efefef", "f3f3f3", "ffffff"];
const HUES = ["980000", "ff0000", "ff9900", "ffff00", "00ff00", "00ffff", "4a86e8", "0000ff", "9900ff", "ff00ff"];

/** A hue towards white, or towards black. */
function mixed(hue: string, to: number, share: number): string {
  return [0, 2, 4]
    .map((at) => {
      const own = Number.parseInt(hue.slice(at, at + 2), 16);
      return Math.round(own + (to - own) * share)
        .toString(16)
        .padStart(2, "0");
    })
    .join("");
}

const SWATCHES = [
  ...GREYS,
  ...HUES,
  ...[0.8, 0.6, 0.4].flatMap((share) => HUES.map((hue) => mixed(hue, 255, share))),
  ...[0.25, 0.5].flatMap((share) => HUES.map((hue) => mixed(hue, 0, share))),
];

const asStyle = (colour: string): CSSProperties =>
  ({ "--d-colour": colour }) as CSSProperties;

export function ColourTool({
  word,
  id,
  icon,
  value,
  none,
  disabled,
  onChoose,
}: {
  word: Word;
  id: string;
  icon: ReactElement;
  /** As the engine tells it: a number, less than 0 for none. */
  value: string | undefined;
  /** What stands for no colour of its own. */
  none?: { readonly word: Word; readonly colour: number };
  disabled: boolean;
  onChoose: (colour: number) => void;
}) {
  const [open, setOpen] = useState(false);
  const { refocus } = useEditor();
  const arrows = useArrowNavigationGroup({ axis: "grid-linear" });
  const number = Number(value ?? -1);
  const colour =
    number < 0 ? "currentcolor" : `#${number.toString(16).padStart(6, "0")}`;
  const choose = (to: number) => {
    setOpen(false);
    onChoose(to);
    refocus();
  };
  return (
    <Menu
      open={open}
      onOpenChange={(_, { open: is }) => setOpen(is)}
      positioning="below-start"
    >
      <MenuTrigger disableButtonEnhancement>
        <Button
          id={id}
          className="d-tool"
          appearance="subtle"
          disabledFocusable={disabled}
          aria-label={words(word)}
          title={words(word)}
          icon={
            <span className="d-coloured" style={asStyle(colour)}>
              {icon}
            </span>
          }
        />
      </MenuTrigger>
      <MenuPopover className="d-choose" aria-label={words(word)} ref={focusFirst}>
        {none !== undefined && (
          <Button size="small" onClick={() => choose(none.colour)}>
            {words(none.word)}
          </Button>
        )}
        <div
          className="d-swatches"
          role="group"
          aria-label={words(word)}
          {...arrows}
        >
          {SWATCHES.map((one, i) => (
            <button
              key={i}
              type="button"
              style={asStyle(`#${one}`)}
              aria-label={`#${one}`}
              title={`#${one}`}
              onClick={() => choose(Number.parseInt(one, 16))}
            />
          ))}
        </div>
      </MenuPopover>
    </Menu>
  );
}

// ---- tables

const GRID = { columns: 8, rows: 8 };

export function TableTool({ icon, disabled }: { icon: ReactElement; disabled: boolean }) {
  const { doc, refocus } = useEditor();
  const [open, setOpen] = useState(false);
  const arrows = useArrowNavigationGroup({ axis: "grid-linear" });
  const [at, setAt] = useState({ column: 1, row: 1 });
  const cells = Array.from({ length: GRID.columns * GRID.rows }, (_, i) => ({
    column: (i % GRID.columns) + 1,
    row: Math.floor(i / GRID.columns) + 1,
  }));
  return (
    <Menu
      open={open}
      onOpenChange={(_, { open: is }) => setOpen(is)}
      positioning="below-start"
    >
      <MenuTrigger disableButtonEnhancement>
        <Button
          id="tool-table"
          className="d-tool"
          appearance="subtle"
          disabledFocusable={disabled}
          aria-label={words("table")}
          title={words("table")}
          icon={icon}
        />
      </MenuTrigger>
      <MenuPopover className="d-choose" aria-label={words("table")} ref={focusFirst}>
        <p>{words("tableOf", { count: at.column, rows: at.row })}</p>
        <div
          className="d-grid"
          role="group"
          aria-label={words("table")}
          {...arrows}
        >
          {cells.map((cell) => (
            <button
              key={`${cell.column} ${cell.row}`}
              type="button"
              className={cell.column <= at.column && cell.row <= at.row ? "d-in" : ""}
              aria-label={words("tableOf", { count: cell.column, rows: cell.row })}
              onMouseEnter={() => setAt(cell)}
              onFocus={() => setAt(cell)}
              onClick={() => {
                setOpen(false);
                doc.command("InsertTable", [cell.column, cell.row]);
                refocus();
              }}
            />
          ))}
        </div>
      </MenuPopover>
    </Menu>
  );
}
