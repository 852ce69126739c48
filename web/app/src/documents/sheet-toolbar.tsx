// The toolbar of sheets.
import { MenuDivider, MenuItem, Toolbar } from "@fluentui/react-components";
import {
  DecimalArrowLeft20Regular,
  DecimalArrowRight20Regular,
  Filter20Regular,
  PaintBucket20Regular,
  TableCellsMerge20Regular,
  TextAlignCenter20Regular,
  TextAlignLeft20Regular,
  TextAlignRight20Regular,
  TextClearFormatting20Regular,
  TextColor20Regular,
  TextPercent20Regular,
  TextSortAscending20Regular,
  TextSortDescending20Regular,
  TextWrap20Regular,
} from "@fluentui/react-icons";

import { useDoc, useEditor, useEdits } from "./context";
import {
  CommentTool,
  Fonts,
  Letters,
  PictureTool,
  UndoTools,
} from "./toolbar";
import { ColourTool, CommandTool, Strip, ToolMenu } from "./tools";
import { words, type Word } from "./words";

type Item = readonly [word: Word, command: string, given?: readonly boolean[]];

const FORMATS: readonly Item[] = [
  ["formatStandard", "NumberFormatStandard"],
  ["formatDecimal", "NumberFormatDecimal"],
  ["formatCurrency", "NumberFormatCurrency"],
  ["formatPercent", "NumberFormatPercent"],
  ["formatDate", "NumberFormatDate"],
  ["formatTime", "NumberFormatTime"],
];

const CELLS: readonly (readonly Item[])[] = [
  [
    ["rowAbove", "InsertRowsBefore"],
    ["rowBelow", "InsertRowsAfter"],
    ["columnLeft", "InsertColumnsBefore"],
    ["columnRight", "InsertColumnsAfter"],
  ],
  [
    ["rowDelete", "DeleteRows"],
    ["columnDelete", "DeleteColumns"],
  ],
  [
    ["hideRow", "HideRow"],
    ["hideColumn", "HideColumn"],
    ["columnFit", "SetOptimalColumnWidthDirect"],
  ],
  [
    ["freeze", "FreezePanes"],
    ["freezeRow", "FreezePanesFirstRow"],
    ["freezeColumn", "FreezePanesFirstColumn"],
  ],
];

function Items({ items }: { items: readonly Item[] }) {
  const { doc, refocus } = useEditor();
  return (
    <>
      {items.map(([word, command, given]) => (
        <MenuItem
          key={command}
          onClick={() => {
            doc.command(command, given);
            refocus();
            // Rows and columns are others then.
            doc.ask("SheetGeometryData");
          }}
        >
          {words(word)}
        </MenuItem>
      ))}
    </>
  );
}

export function SheetToolbar() {
  const { doc } = useEditor();
  const edits = useEdits();
  const colour = useDoc(({ states }) => states["Color"]);
  const fill = useDoc(({ states }) => states["BackgroundColor"]);
  const wraps = useDoc(({ states }) => states["WrapText"] === "true");
  return (
    <Toolbar className="d-tools" aria-label={words("toolbar")} size="small">
      <UndoTools />
      <Strip />
      <Fonts />
      <Strip />
      <Letters />
      <ColourTool
        word="fill"
        id="tool-fill"
        icon={<PaintBucket20Regular />}
        value={fill}
        none={{ word: "noColour", colour: 0xffffff }}
        disabled={!edits}
        onChoose={(to) => doc.command("BackgroundColor", [to])}
      />
      <ColourTool
        word="colour"
        id="tool-colour"
        icon={<TextColor20Regular />}
        value={colour}
        none={{ word: "automatic", colour: 0 }}
        disabled={!edits}
        onChoose={(to) => doc.command("Color", [to])}
      />
      <CommandTool word="clear" command="ResetAttributes" icon={<TextClearFormatting20Regular />} />
      <Strip />
      <CommandTool toggles word="left" command="AlignLeft" icon={<TextAlignLeft20Regular />} />
      <CommandTool toggles word="centre" command="AlignHorizontalCenter" icon={<TextAlignCenter20Regular />} />
      <CommandTool toggles word="right" command="AlignRight" icon={<TextAlignRight20Regular />} />
      <CommandTool toggles word="wrap" command="WrapText" given={[!wraps]} icon={<TextWrap20Regular />} />
      <CommandTool toggles word="merge" command="ToggleMergeCells" icon={<TableCellsMerge20Regular />} />
      <Strip />
      <ToolMenu word="formatNumber" text disabled={!edits} id="tool-format">
        <Items items={FORMATS} />
      </ToolMenu>
      <CommandTool word="formatPercent" command="NumberFormatPercent" icon={<TextPercent20Regular />} />
      <CommandTool word="decimalsLess" command="NumberFormatDecDecimals" icon={<DecimalArrowLeft20Regular />} />
      <CommandTool word="decimalsMore" command="NumberFormatIncDecimals" icon={<DecimalArrowRight20Regular />} />
      <Strip />
      <CommandTool word="sortUp" command="SortAscending" icon={<TextSortAscending20Regular />} />
      <CommandTool word="sortDown" command="SortDescending" icon={<TextSortDescending20Regular />} />
      <CommandTool word="filter" command="DataFilterAutoFilter" icon={<Filter20Regular />} />
      <ToolMenu word="cells" text disabled={!edits} id="tool-cells">
        {CELLS.map((items, i) => (
          <span key={i}>
            {i > 0 && <MenuDivider />}
            <Items items={items} />
          </span>
        ))}
      </ToolMenu>
      <Strip />
      <PictureTool />
      <CommentTool />
    </Toolbar>
  );
}
