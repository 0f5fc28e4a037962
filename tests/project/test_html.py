"""HTML that people write, as safe HTML and as text."""

import pytest

from microflight.core.html import clean_html, html_to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<ul><li>Zebrawood</li><li>Quagmire</li></ul>", "Zebrawood Quagmire"),
        ("3.6 g<br>ready<br/>to fly", "3.6 g ready to fly"),
        ("<table><tr><td>Span</td><td>200 mm</td></tr></table>", "Span 200 mm"),
        ("<p>One</p><p>two</p><div>three</div>", "One two three"),
        ("<dl><dt>Cell</dt><dd>LiPo</dd></dl>", "Cell LiPo"),
        ("<h3>Wing</h3>Foam", "Wing Foam"),
        ("Micro<b>Flight</b> in<em>ter</em>nal", "MicroFlight internal"),
        ("Fish &amp; chips &eacute;t&#233; 4&nbsp;&times;&nbsp;8", "Fish & chips été 4 × 8"),
        ("1 &lt; 2 &amp;lt; 3", "1 < 2 &lt; 3"),
        ("a<script>alert('x')</script>b<style>p{}</style>c", "abc"),
        ("a<!-- note --><!--visitor:csrf-->b", "ab"),
        ("Weighs < 5 g & flies", "Weighs < 5 g & flies"),
        ("one<img src=x alt=y>two", "one two"),
        ("  \n plain \t text ", "plain text"),
        ("Zebra&shy;wood, Zebra<wbr>wood, Zebra&#8203;wood", "Zebrawood, Zebrawood, Zebrawood"),
        ("1&thinsp;000&nbsp;mAh", "1 000 mAh"),
        ("<p>open", "open"),
        ("", ""),
    ],
)
def test_html_becomes_text(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        ("<p>Light <strong>and</strong> slow</p>", "<p>Light <strong>and</strong> slow</p>"),
        ("<script>alert(1)</script>x", "x"),
        ('<p onclick="a()" style="x" class="y" id="z">x</p>', "<p>x</p>"),
        ('<a href="javascript:alert(1)">x</a>', "<a>x</a>"),
        ('<a href="/policies/">x</a>', '<a href="/policies/">x</a>'),
        ('<img src="x" onerror="a()">', ""),
        ("<!--visitor:csrf--><!--0123456789abcdef-->x", "x"),
        ("<h1>One</h1><H2>Two</H2>", "<h3>One</h3><h3>Two</h3>"),
        ('<iframe src="//evil.example"></iframe><form><input></form>x', "x"),
        ("3 < 5 & 6", "3 &lt; 5 &amp; 6"),
        ("<p>open", "<p>open</p>"),
        ("</section></main>x", "x"),
    ],
)
def test_html_is_cleaned(html: str, clean: str) -> None:
    assert clean_html(html) == clean
