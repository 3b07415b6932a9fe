"""HTML turned into the text a reader would see; nothing is loaded, hidden text is left out, quotes are marked."""

import re

from lxml import etree

_SILENT = {"script", "style", "head", "title", "template", "noscript", "object", "iframe", "svg", "select", "textarea"}
_BLOCKS = {
    "p", "div", "br", "tr", "table", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "blockquote",
    "section", "article", "header", "footer", "pre", "dl", "dt", "dd", "center", "address",
}  # fmt: skip
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|mso-hide\s*:\s*all", re.IGNORECASE)
_QUOTES = re.compile(r"gmail_quote|yahoo_quoted|moz-cite-prefix|protonmail_quote|zmail_extra|OLK_SRC_BODY_SECTION")


def _parser() -> etree.HTMLParser:
    return etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, recover=True)


def is_markup(text: str) -> bool:
    """Whether a part that calls itself plain is HTML: "<html><body>…" -> True."""
    return bool(re.match(r"\s*(<!doctype|<html|<body|<div|<p[ >])", text, re.IGNORECASE))


def text_of(html: str) -> str:
    """The text of the HTML, a line a block, quoted blocks with "> " before each line.

    "<p>Bonjour,</p><blockquote>Relance</blockquote>" -> "Bonjour,\\n> Relance"
    """
    try:
        root = etree.fromstring(html.encode("utf-8", "replace"), _parser())
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return re.sub(r"<[^>]*>", " ", html)
    if root is None:
        return ""
    return _written(root)


def _written(root: etree._Element) -> str:
    out: list[str] = [""]
    silent = quoted = 0
    for event, node in etree.iterwalk(root, events=("start", "end")):
        tag = node.tag if isinstance(node.tag, str) else "script"
        is_silent = tag in _SILENT or bool(_HIDDEN.search(node.get("style") or ""))
        is_quote = tag == "blockquote" or bool(_QUOTES.search(f"{node.get('class') or ''} {node.get('id') or ''}"))
        is_block = tag in _BLOCKS
        if event == "start":
            silent += is_silent
            if is_block or is_quote:
                _break(out, is_line=tag == "br")
            quoted += is_quote and "moz-cite" not in (node.get("class") or "")
            if not silent:
                _say(out, ("- " if tag == "li" else "") + (node.text or ""), quoted)
        else:
            quoted -= is_quote and "moz-cite" not in (node.get("class") or "")
            silent -= is_silent
            if (is_block or is_quote) and tag != "br":
                _break(out, is_line=tag == "p")
            if tag in ("td", "th"):
                _say(out, "  ", quoted)
            if not silent and node.tail:
                _say(out, node.tail, quoted)
    lines = [re.sub(r"[ \t\u00a0]+", " ", line).rstrip() for line in out]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _break(out: list[str], *, is_line: bool) -> None:
    if is_line or out[-1].strip("> "):
        out.append("")


def _say(out: list[str], text: str, quoted: int) -> None:
    words = re.sub(r"\s+", " ", text)
    if not words.strip():
        if words and out[-1].strip("> "):
            out[-1] += " "
        return
    if not out[-1] and quoted:
        out[-1] = "> "
    out[-1] += words if out[-1].strip("> ") else words.lstrip()
