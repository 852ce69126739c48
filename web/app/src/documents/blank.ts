// Blank documents for "New": as few parts as the formats want (ECMA-376), in an archive
// without compression. They are as large as a short letter.
import type { DocumentKind } from "./kinds";

type Parts = { readonly [path: string]: string };

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
const DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main";
const TYPE = "application/vnd.openxmlformats-officedocument";

// ---- what packages have

const relations = (list: readonly (readonly [type: string, target: string])[]): string =>
  `${XML}<Relationships xmlns="${PACKAGE}/relationships">${list
    .map(
      ([type, target], i) =>
        `<Relationship Id="rId${i + 1}" Type="${OFFICE}/${type}" Target="${target}"/>`,
    )
    .join("")}</Relationships>`;

const contentTypes = (parts: Parts): string =>
  `${XML}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${Object.entries(
    parts,
  )
    .map(([path, type]) => `<Override PartName="/${path}" ContentType="${TYPE}.${type}+xml"/>`)
    .join("")}</Types>`;

function packed(types: Parts, main: string, parts: Parts): Parts {
  return {
    "[Content_Types].xml": contentTypes(types),
    "_rels/.rels": relations([["officeDocument", main]]),
    ...parts,
  };
}

// ---- a text

const WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";

const style = (id: string, name: string, size: number, before: number, level: number): string =>
  `<w:style w:type="paragraph" w:styleId="${id}"><w:name w:val="${name}"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:qFormat/><w:pPr><w:keepNext/><w:spacing w:before="${before}" w:after="80"/>${level < 0 ? "" : `<w:outlineLvl w:val="${level}"/>`}</w:pPr><w:rPr><w:sz w:val="${size}"/></w:rPr></w:style>`;

const text = (): Parts =>
  packed(
    {
      "word/document.xml": "wordprocessingml.document.main",
      "word/styles.xml": "wordprocessingml.styles",
    },
    "word/document.xml",
    {
      "word/_rels/document.xml.rels": relations([["styles", "styles.xml"]]),
      "word/document.xml": `${XML}<w:document xmlns:w="${WORD}"><w:body><w:p/><w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1440" w:right="1440" w:bottom="1440" w:left="1440" w:header="708" w:footer="708" w:gutter="0"/></w:sectPr></w:body></w:document>`,
      "word/styles.xml": `${XML}<w:styles xmlns:w="${WORD}"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:eastAsia="Calibri" w:cs="Calibri"/><w:sz w:val="22"/><w:szCs w:val="22"/><w:lang w:val="en-US"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="160" w:line="259" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>${style("Title", "Title", 56, 0, -1)}${style("Subtitle", "Subtitle", 28, 0, -1)}${style("Heading1", "heading 1", 40, 360, 0)}${style("Heading2", "heading 2", 32, 160, 1)}${style("Heading3", "heading 3", 28, 160, 2)}</w:styles>`,
    },
  );

// ---- a sheet

const SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

const sheet = (): Parts =>
  packed(
    {
      "xl/workbook.xml": "spreadsheetml.sheet.main",
      "xl/worksheets/sheet1.xml": "spreadsheetml.worksheet",
      "xl/styles.xml": "spreadsheetml.styles",
    },
    "xl/workbook.xml",
    {
      "xl/_rels/workbook.xml.rels": relations([
        ["worksheet", "worksheets/sheet1.xml"],
        ["styles", "styles.xml"],
      ]),
      "xl/workbook.xml": `${XML}<workbook xmlns="${SHEET}" xmlns:r="${OFFICE}"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`,
      "xl/worksheets/sheet1.xml": `${XML}<worksheet xmlns="${SHEET}"><sheetData/></worksheet>`,
      "xl/styles.xml": `${XML}<styleSheet xmlns="${SHEET}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`,
    },
  );

// ---- slides

const SLIDES = "http://schemas.openxmlformats.org/presentationml/2006/main";
const WIDE = { width: 12192000, height: 6858000 };

const root = (name: string, body: string, more = ""): string =>
  `${XML}<p:${name} xmlns:a="${DRAWING}" xmlns:r="${OFFICE}" xmlns:p="${SLIDES}"${more}>${body}</p:${name}>`;

const GROUP =
  '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>';

/** A place for text; where it lies, its layout says, or it says so itself. */
function holder(id: number, name: string, type: string, at?: readonly number[]): string {
  const [x, y, width, height] = at ?? [];
  const place =
    at === undefined
      ? ""
      : `<a:xfrm><a:off x="${x}" y="${y}"/><a:ext cx="${width}" cy="${height}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom>`;
  return `<p:sp><p:nvSpPr><p:cNvPr id="${id}" name="${name}"/><p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr><p:nvPr><p:ph type="${type}"${type === "subTitle" ? ' idx="1"' : ""}/></p:nvPr></p:nvSpPr><p:spPr>${place}</p:spPr><p:txBody><a:bodyPr/><a:lstStyle/><a:p><a:endParaRPr lang="en-US"/></a:p></p:txBody></p:sp>`;
}

const TITLE = [1524000, 1122363, 9144000, 2387600];
const SUBTITLE = [1524000, 3602038, 9144000, 1655762];

const tree = (shapes: string, background = ""): string =>
  `<p:cSld>${background}<p:spTree>${GROUP}${shapes}</p:spTree></p:cSld>`;

const COLOURS = {
  dk1: "000000",
  lt1: "FFFFFF",
  dk2: "44546A",
  lt2: "E7E6E6",
  accent1: "1F725D",
  accent2: "ED7D31",
  accent3: "A5A5A5",
  accent4: "FFC000",
  accent5: "4472C4",
  accent6: "70AD47",
  hlink: "0563C1",
  folHlink: "954F72",
};

const FILL = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>';
const LINE = `<a:ln w="6350">${FILL}</a:ln>`;
const NO_EFFECT = "<a:effectStyle><a:effectLst/></a:effectStyle>";
const font = (kind: string, name: string): string =>
  `<a:${kind}Font><a:latin typeface="${name}"/><a:ea typeface=""/><a:cs typeface=""/></a:${kind}Font>`;

const theme = (): string =>
  `${XML}<a:theme xmlns:a="${DRAWING}" name="Blank"><a:themeElements><a:clrScheme name="Blank">${Object.entries(
    COLOURS,
  )
    .map(([name, colour]) => `<a:${name}><a:srgbClr val="${colour}"/></a:${name}>`)
    .join(
      "",
    )}</a:clrScheme><a:fontScheme name="Blank">${font("major", "Calibri Light")}${font("minor", "Calibri")}</a:fontScheme><a:fmtScheme name="Blank"><a:fillStyleLst>${FILL.repeat(3)}</a:fillStyleLst><a:lnStyleLst>${LINE.repeat(3)}</a:lnStyleLst><a:effectStyleLst>${NO_EFFECT.repeat(3)}</a:effectStyleLst><a:bgFillStyleLst>${FILL.repeat(3)}</a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>`;

const MAPPED =
  '<p:clrMap bg1="lt1" tx1="dk1" bg2="lt2" tx2="dk2" accent1="accent1" accent2="accent2" accent3="accent3" accent4="accent4" accent5="accent5" accent6="accent6" hlink="hlink" folHlink="folHlink"/>';
const level = (size: number, align: string): string =>
  `<a:lvl1pPr algn="${align}"><a:buNone/><a:defRPr sz="${size}"><a:solidFill><a:schemeClr val="tx1"/></a:solidFill><a:latin typeface="+mn-lt"/></a:defRPr></a:lvl1pPr>`;

const slides = (): Parts =>
  packed(
    {
      "ppt/presentation.xml": "presentationml.presentation.main",
      "ppt/slides/slide1.xml": "presentationml.slide",
      "ppt/slideLayouts/slideLayout1.xml": "presentationml.slideLayout",
      "ppt/slideMasters/slideMaster1.xml": "presentationml.slideMaster",
      "ppt/theme/theme1.xml": "theme",
    },
    "ppt/presentation.xml",
    {
      "ppt/_rels/presentation.xml.rels": relations([
        ["slideMaster", "slideMasters/slideMaster1.xml"],
        ["slide", "slides/slide1.xml"],
        ["theme", "theme/theme1.xml"],
      ]),
      "ppt/presentation.xml": root(
        "presentation",
        `<p:sldMasterIdLst><p:sldMasterId id="2147483648" r:id="rId1"/></p:sldMasterIdLst><p:sldIdLst><p:sldId id="256" r:id="rId2"/></p:sldIdLst><p:sldSz cx="${WIDE.width}" cy="${WIDE.height}"/><p:notesSz cx="6858000" cy="9144000"/>`,
      ),
      "ppt/slides/_rels/slide1.xml.rels": relations([
        ["slideLayout", "../slideLayouts/slideLayout1.xml"],
      ]),
      "ppt/slides/slide1.xml": root(
        "sld",
        tree(holder(2, "Title", "ctrTitle") + holder(3, "Subtitle", "subTitle")),
      ),
      "ppt/slideLayouts/_rels/slideLayout1.xml.rels": relations([
        ["slideMaster", "../slideMasters/slideMaster1.xml"],
      ]),
      "ppt/slideLayouts/slideLayout1.xml": root(
        "sldLayout",
        tree(
          holder(2, "Title", "ctrTitle", TITLE) +
            holder(3, "Subtitle", "subTitle", SUBTITLE),
        ),
        ' type="title"',
      ),
      "ppt/slideMasters/_rels/slideMaster1.xml.rels": relations([
        ["slideLayout", "../slideLayouts/slideLayout1.xml"],
        ["theme", "../theme/theme1.xml"],
      ]),
      "ppt/slideMasters/slideMaster1.xml": root(
        "sldMaster",
        `${tree(
          holder(2, "Title", "title", [838200, 365125, 10515600, 1325563]) +
            holder(3, "Text", "body", [838200, 1825625, 10515600, 4351338]),
          '<p:bg><p:bgRef idx="1001"><a:schemeClr val="bg1"/></p:bgRef></p:bg>',
        )}${MAPPED}<p:sldLayoutIdLst><p:sldLayoutId id="2147483649" r:id="rId1"/></p:sldLayoutIdLst><p:txStyles><p:titleStyle>${level(4400, "ctr")}</p:titleStyle><p:bodyStyle>${level(2800, "ctr")}</p:bodyStyle><p:otherStyle/></p:txStyles>`,
      ),
      "ppt/theme/theme1.xml": theme(),
    },
  );

// ---- the archive (APPNOTE.TXT, 4.3)

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

const crc = (bytes: Uint8Array): number =>
  ~bytes.reduce((c, byte) => (c >>> 8) ^ (TABLE[(c ^ byte) & 0xff] ?? 0), ~0) >>> 0;

/** Numbers of 2 and 4 bytes, as `how` has their sizes. */
function numbers(how: string, ...values: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(32 + 16));
  let at = 0;
  values.forEach((value, i) => {
    if (how[i] === "4") view.setUint32(at, value, true);
    else view.setUint16(at, value, true);
    at += how[i] === "4" ? 4 : 2;
  });
  return new Uint8Array(view.buffer, 0, at);
}

/** The first of January of 1980: when it was made is no part of it. */
const DAY = 0x21;

/** An archive of these parts. */
export function zipped(parts: Parts): Uint8Array<ArrayBuffer> {
  const local: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  let listed = 0;
  for (const [path, content] of Object.entries(parts)) {
    const name = new TextEncoder().encode(path);
    const bytes = new TextEncoder().encode(content);
    const about = [0, 0, 0, DAY, crc(bytes), bytes.length, bytes.length, name.length, 0];
    const head = numbers("42222244422", 0x04034b50, 20, ...about);
    const entry = numbers("422222244422222" + "44", 0x02014b50, 20, 20, ...about, 0, 0, 0, 0, at);
    local.push(head, name, bytes);
    directory.push(entry, name);
    at += head.length + name.length + bytes.length;
    listed += entry.length + name.length;
  }
  const count = Object.keys(parts).length;
  const end = numbers("42222442", 0x06054b50, 0, 0, count, count, listed, at, 0);
  const all = [...local, ...directory, end];
  const out = new Uint8Array(all.reduce((n, one) => n + one.length, 0));
  let to = 0;
  for (const one of all) {
    out.set(one, to);
    to += one.length;
  }
  return out;
}

interface Blank {
  readonly ending: string;
  readonly type: string;
  readonly parts: () => Parts;
}

const BLANKS: { readonly [kind in DocumentKind]: Blank } = {
  text: { ending: "docx", type: `${TYPE}.wordprocessingml.document`, parts: text },
  sheet: { ending: "xlsx", type: `${TYPE}.spreadsheetml.sheet`, parts: sheet },
  slides: { ending: "pptx", type: `${TYPE}.presentationml.presentation`, parts: slides },
};

/** What a blank one is made of. */
export const partsOf = (kind: DocumentKind): Parts => BLANKS[kind].parts();

export function blankOf(kind: DocumentKind): {
  readonly ending: string;
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
} {
  const { ending, type } = BLANKS[kind];
  return { ending, type, bytes: zipped(partsOf(kind)) };
}
