// The toolbar of texts and slides: what people know from their word processors, in the
// order that they know.
import { MenuDivider, MenuItem, Toolbar } from "@fluentui/react-components";
import {
  ArrowRedo20Regular,
  ArrowUndo20Regular,
  CommentAdd20Regular,
  Delete20Regular,
  Highlight20Regular,
  Image20Regular,
  Link20Regular,
  Search20Regular,
  SlideAdd20Regular,
  SlideMultiple20Regular,
  Table20Regular,
  TextAlignCenter20Regular,
  TextAlignJustify20Regular,
  TextAlignLeft20Regular,
  TextAlignRight20Regular,
  TextBold20Regular,
  TextBulletListLtr20Regular,
  TextClearFormatting20Regular,
  TextColor20Regular,
  TextIndentDecreaseLtr20Regular,
  TextIndentIncreaseLtr20Regular,
  TextItalic20Regular,
  TextLineSpacing20Regular,
  TextMore20Regular,
  TextNumberListLtr20Regular,
  TextStrikethrough20Regular,
  TextSubscript20Regular,
  TextSuperscript20Regular,
  TextUnderline20Regular,
} from "@fluentui/react-icons";
import { type ReactElement, useRef } from "react";

import { tell } from "../app";
import { useDoc, useEditor, useEdits } from "./context";
import {
  Choice,
  ColourTool,
  CommandTool,
  Strip,
  TableTool,
  Tool,
  ToolMenu,
} from "./tools";
import { words, type Word } from "./words";

const SIZES = "8 9 10 10.5 11 12 14 16 18 20 24 28 32 36 48 72".split(" ");
const PICTURE_MAX = 4_000_000;

/** The styles that people use, by the engine's names, in their order. */
const STYLES = [
  "Default Paragraph Style",
  "Text Body",
  "Title",
  "Subtitle",
  "Heading 1",
  "Heading 2",
  "Heading 3",
  "Heading 4",
  "Quotations",
  "Preformatted Text",
  "List Paragraph",
];
const styleText = (name: string): string =>
  name === "Default Paragraph Style" ? "Normal" : name;

export function UndoTools() {
  return (
    <>
      <CommandTool word="undo" command="Undo" keys="Ctrl+Z" icon={<ArrowUndo20Regular />} />
      <CommandTool word="redo" command="Redo" keys="Ctrl+Y" icon={<ArrowRedo20Regular />} />
    </>
  );
}

function Styles() {
  const { doc, refocus } = useEditor();
  const edits = useEdits();
  const value = useDoc(({ states }) => states["StyleApply"] ?? "");
  const known = useDoc(({ styles }) => styles);
  const used = STYLES.filter((one) => known.length === 0 || known.includes(one));
  return (
    <Choice
      word="style"
      id="tool-style"
      className="d-style"
      value={value}
      textOf={styleText}
      options={used}
      disabled={!edits}
      onChoose={(name) => {
        doc.command("StyleApply", [name, "ParagraphStyles"]);
        refocus();
      }}
    />
  );
}

export function Fonts() {
  const { doc, refocus } = useEditor();
  const edits = useEdits();
  const font = useDoc(({ states }) => states["CharFontName"] ?? "");
  const size = useDoc(({ states }) => states["FontHeight"] ?? "");
  const fonts = useDoc((value) => value.fonts);
  return (
    <>
      <Choice
        word="font"
        id="tool-font"
        className="d-font"
        value={font}
        options={fonts}
        disabled={!edits}
        onChoose={(name) => {
          doc.command("CharFontName", [name]);
          refocus();
        }}
      />
      <Choice
        word="size"
        id="tool-size"
        className="d-size"
        value={size}
        options={SIZES}
        disabled={!edits}
        onChoose={(text) => {
          const tenths = Math.round(Number(text.replace(",", ".")) * 10);
          if (tenths >= 10 && tenths <= 9990) doc.command("FontHeight", [tenths]);
          refocus();
        }}
      />
    </>
  );
}

export function Letters() {
  return (
    <>
      <CommandTool toggles word="bold" command="Bold" keys="Ctrl+B" icon={<TextBold20Regular />} />
      <CommandTool toggles word="italic" command="Italic" keys="Ctrl+I" icon={<TextItalic20Regular />} />
      <CommandTool toggles word="underline" command="Underline" keys="Ctrl+U" icon={<TextUnderline20Regular />} />
      <CommandTool toggles word="strike" command="Strikeout" icon={<TextStrikethrough20Regular />} />
    </>
  );
}

function MoreLetters() {
  const edits = useEdits();
  const slides = useDoc(({ kind }) => kind === "slides");
  return (
    <ToolMenu word="more" icon={<TextMore20Regular />} disabled={!edits}>
      <CommandItem word="subscript" command="SubScript" icon={<TextSubscript20Regular />} />
      <CommandItem word="superscript" command="SuperScript" icon={<TextSuperscript20Regular />} />
      <CommandItem
        word="clear"
        command={slides ? "SetDefault" : "ResetAttributes"}
        icon={<TextClearFormatting20Regular />}
      />
    </ToolMenu>
  );
}

const AUTOMATIC = 0;

function Colours() {
  const { doc } = useEditor();
  const edits = useEdits();
  const colour = useDoc(({ states }) => states["Color"]);
  const highlight = useDoc(({ states }) => states["CharBackColor"]);
  return (
    <>
      <ColourTool
        word="highlight"
        id="tool-highlight"
        icon={<Highlight20Regular />}
        value={highlight}
        none={{ word: "noColour", colour: 0xffffff }}
        disabled={!edits}
        onChoose={(to) => doc.command("CharBackColor", [to])}
      />
      <ColourTool
        word="colour"
        id="tool-colour"
        icon={<TextColor20Regular />}
        value={colour}
        none={{ word: "automatic", colour: AUTOMATIC }}
        disabled={!edits}
        onChoose={(to) => doc.command("Color", [to])}
      />
    </>
  );
}

function CommandItem({
  word,
  command,
  icon,
}: {
  word: Word;
  command: string;
  icon?: ReactElement;
}) {
  const { doc, refocus } = useEditor();
  return (
    <MenuItem
      {...(icon === undefined ? {} : { icon })}
      onClick={() => {
        doc.command(command);
        refocus();
      }}
    >
      {words(word)}
    </MenuItem>
  );
}

function Paragraphs() {
  const slides = useDoc(({ kind }) => kind === "slides");
  const edits = useEdits();
  return (
    <>
      <CommandTool toggles word="bullets" command="DefaultBullet" keys="Ctrl+Shift+L" icon={<TextBulletListLtr20Regular />} />
      <CommandTool toggles word="numbers" command="DefaultNumbering" icon={<TextNumberListLtr20Regular />} />
      <CommandTool word="outdent" command={slides ? "OutlineLeft" : "DecrementIndent"} keys="Ctrl+Shift+M" icon={<TextIndentDecreaseLtr20Regular />} />
      <CommandTool word="indent" command={slides ? "OutlineRight" : "IncrementIndent"} keys="Ctrl+M" icon={<TextIndentIncreaseLtr20Regular />} />
      <Strip />
      <CommandTool toggles word="left" command="LeftPara" keys="Ctrl+L" icon={<TextAlignLeft20Regular />} />
      <CommandTool toggles word="centre" command="CenterPara" keys="Ctrl+E" icon={<TextAlignCenter20Regular />} />
      <CommandTool toggles word="right" command="RightPara" keys="Ctrl+R" icon={<TextAlignRight20Regular />} />
      <CommandTool toggles word="justify" command="JustifyPara" keys="Ctrl+J" icon={<TextAlignJustify20Regular />} />
      <ToolMenu word="spacing" icon={<TextLineSpacing20Regular />} disabled={!edits}>
        <CommandItem word="spacing1" command="SpacePara1" />
        <CommandItem word="spacing15" command="SpacePara15" />
        <CommandItem word="spacing2" command="SpacePara2" />
        <MenuDivider />
        <CommandItem word="spaceMore" command="ParaspaceIncrease" />
        <CommandItem word="spaceLess" command="ParaspaceDecrease" />
      </ToolMenu>
    </>
  );
}

export function PictureTool() {
  const { doc, refocus } = useEditor();
  const edits = useEdits();
  const file = useRef<HTMLInputElement>(null);
  return (
    <>
      <Tool
        word="picture"
        icon={<Image20Regular />}
        disabled={!edits}
        onClick={() => file.current?.click()}
      />
      <input
        ref={file}
        id="picture-file"
        type="file"
        accept="image/png,image/jpeg"
        hidden
        onChange={async (event) => {
          const [picture] = event.target.files ?? [];
          event.target.value = "";
          if (picture === undefined) return;
          if (picture.size > PICTURE_MAX) {
            tell({ intent: "error", text: words("pictureLarge") });
            return;
          }
          const bytes = new Uint8Array(await picture.arrayBuffer());
          doc.do({ frame: "paste", mime: picture.type, bytes });
          refocus();
        }}
      />
    </>
  );
}

export function CommentTool() {
  const { doc, openComment } = useEditor();
  const edits = useEdits();
  return (
    <Tool
      id="tool-comment"
      word="commentNew"
      keys="Ctrl+Alt+M"
      icon={<CommentAdd20Regular />}
      disabled={!edits || !doc.may("text")}
      onClick={openComment}
    />
  );
}

export function FindTool() {
  const { doc, openFind } = useEditor();
  if (!doc.may("text")) return null;
  return (
    <Tool
      id="tool-find"
      word="find"
      keys="Ctrl+F"
      icon={<Search20Regular />}
      onClick={openFind}
    />
  );
}

function Insert() {
  const { openLink } = useEditor();
  const edits = useEdits();
  const text = useDoc(({ kind }) => kind === "text");
  return (
    <>
      <TableTool icon={<Table20Regular />} disabled={!edits} />
      <PictureTool />
      <Tool
        id="tool-link"
        word="link"
        keys="Ctrl+K"
        icon={<Link20Regular />}
        disabled={!edits}
        onClick={openLink}
      />
      <CommentTool />
      {text && (
        <ToolMenu word="insert" text disabled={!edits} id="tool-insert">
          <CommandItem word="pageBreak" command="InsertPagebreak" />
          <CommandItem word="footnote" command="InsertFootnote" />
          <CommandItem word="endnote" command="InsertEndnote" />
          <CommandItem word="pageNumber" command="InsertPageNumberField" />
          <CommandItem word="pageCount" command="InsertPageCountField" />
          <CommandItem word="date" command="InsertDateField" />
        </ToolMenu>
      )}
    </>
  );
}

/** Only while the cursor is in a table. */
function TableMenu() {
  const inside = useDoc(({ states }) => (states["StateTableCell"] ?? "") !== "");
  if (!inside) return null;
  return (
    <ToolMenu word="tableMenu" text>
      <CommandItem word="rowAbove" command="InsertRowsBefore" />
      <CommandItem word="rowBelow" command="InsertRowsAfter" />
      <CommandItem word="columnLeft" command="InsertColumnsBefore" />
      <CommandItem word="columnRight" command="InsertColumnsAfter" />
      <MenuDivider />
      <CommandItem word="cellsMerge" command="MergeCells" />
      <CommandItem word="rowDelete" command="DeleteRows" />
      <CommandItem word="columnDelete" command="DeleteColumns" />
      <CommandItem word="tableDelete" command="DeleteTable" />
    </ToolMenu>
  );
}

function Review() {
  const { doc, openPanel, refocus } = useEditor();
  const edits = useEdits();
  const tracks = useDoc(({ states }) => states["TrackChanges"] === "true");
  return (
    <ToolMenu word="review" text id="tool-review">
      <MenuItem
        id="track"
        disabled={!edits}
        onClick={() => {
          doc.command("TrackChanges", [!tracks]);
          refocus();
        }}
      >
        {tracks ? `✓ ${words("track")}` : words("track")}
      </MenuItem>
      <MenuItem id="changes" onClick={() => openPanel("changes")}>
        {words("changes")}
      </MenuItem>
      {edits && (
        <>
          <CommandItem word="acceptAll" command="AcceptAllTrackedChanges" />
          <CommandItem word="rejectAll" command="RejectAllTrackedChanges" />
        </>
      )}
      <MenuDivider />
      <CommandItem word="marks" command="ControlCodes" />
      <CommandItem word="spelling" command="SpellOnline" />
    </ToolMenu>
  );
}

export function TextToolbar() {
  const kind = useDoc((value) => value.kind);
  const edits = useEdits();
  const { doc } = useEditor();
  return (
    <Toolbar className="d-tools" aria-label={words("toolbar")} size="small">
      <UndoTools />
      <Strip />
      {kind === "slides" ? (
        <>
          <Tool
            word="slideNew"
            icon={<SlideAdd20Regular />}
            disabled={!edits}
            onClick={() => doc.command("InsertPage")}
          />
          <CommandTool word="slideDuplicate" command="DuplicatePage" icon={<SlideMultiple20Regular />} />
          <CommandTool word="slideDelete" command="DeletePage" icon={<Delete20Regular />} />
          <Strip />
        </>
      ) : (
        <Styles />
      )}
      <Fonts />
      <Strip />
      <Letters />
      <Colours />
      <MoreLetters />
      <Strip />
      <Paragraphs />
      <Strip />
      <Insert />
      {kind === "text" && <TableMenu />}
      {kind === "text" && doc.may("text") && <Review />}
    </Toolbar>
  );
}
