//! The figures as a picture: one bar for each contender, on a logarithmic scale, for three questions.

use std::fmt::Write as _;

use crate::contender::Kind;
use crate::report::Section;
use crate::scenario::Figures;
use crate::statistics::Spread;

const BAR: u32 = 18;
const ROW: u32 = 26;
const LABELS: u32 = 240;
const WIDTH: u32 = 790;

/// What a panel shows of a contender.
type Figure = fn(&Figures) -> Option<Spread>;

/// One section as SVG.
pub fn svg(section: &Section) -> String {
    let panels: [(&str, &str, Figure); 3] = [
        ("Cold: start and first call", "ms", |figures| Some(figures.cold_ms)),
        ("Warm: time of a call, median", "µs", |figures| {
            figures.warm.first().map(|warm| warm.p50_us)
        }),
        ("Warm: CPU of a call", "µs", |figures| figures.warm.first().map(|warm| warm.cpu_us)),
    ];
    let rows = u32::try_from(section.figures.len()).unwrap_or_default();
    let panel_height = 44 + rows * ROW;
    let height = 64 + 3 * panel_height;
    let mut text = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="system-ui, sans-serif" role="img" aria-labelledby="title">
<title id="title">{title}</title>
<style>text {{ fill: #1f2933; font-size: 13px }} .head {{ font-size: 16px; font-weight: 600 }} .what {{ font-weight: 600 }} .value {{ font-variant-numeric: tabular-nums }} .gatepost {{ fill: #0b6e4f }} .peer {{ fill: #b45309 }} .floor {{ fill: #94a3b8 }}
@media (prefers-color-scheme: dark) {{ text {{ fill: #e5e7eb }} .page {{ fill: #111827 }} .gatepost {{ fill: #34d399 }} .peer {{ fill: #f59e0b }} }}</style>
<rect class="page" width="{WIDTH}" height="{height}" fill="#ffffff"/>
<text class="head" x="16" y="30">{title}</text>
<text x="16" y="50">Logarithmic; a whisker spans all rounds.</text>
"##,
        title = section.title,
    );
    for (index, (what, unit, figure)) in (0..).zip(panels) {
        let top = 64 + index * panel_height;
        let _ =
            writeln!(text, r#"<text class="what" x="16" y="{}">{what}, {unit}</text>"#, top + 20);
        panel(section, figure, top + 32, &mut text);
    }
    text.push_str("</svg>\n");
    text
}

fn panel(section: &Section, figure: Figure, top: u32, text: &mut String) {
    let spreads = || section.figures.iter().filter_map(figure);
    let least = spreads().map(|spread| spread.min).fold(f64::INFINITY, f64::min) / 1.6;
    let most = spreads().map(|spread| spread.max).fold(0.0, f64::max);
    let room = f64::from(WIDTH - LABELS - 90);
    let at = |value: f64| f64::from(LABELS) + room * (value / least).ln() / (most / least).ln();
    for (index, figures) in (0..).zip(&section.figures) {
        let Some(spread) = figure(figures) else { continue };
        let y = top + index * ROW;
        let class = match figures.kind {
            Some(Kind::Gatepost(_)) => "gatepost",
            Some(Kind::Peer) => "peer",
            Some(Kind::Floor) | None => "floor",
        };
        let (end, middle, base) = (at(spread.median), y + BAR / 2, y + BAR - 4);
        let _ = writeln!(
            text,
            r##"<text x="16" y="{base}">{name}</text><rect class="{class}" x="{LABELS}" y="{y}" width="{width:.1}" height="{BAR}" rx="2"/><path d="M{low:.1} {middle}H{high:.1}" stroke="#64748b"/><text class="value" x="{label:.1}" y="{base}">{value}</text>"##,
            name = figures.contender,
            width = end - f64::from(LABELS),
            low = at(spread.min),
            high = at(spread.max),
            label = at(spread.max) + 8.0,
            value = rounded(spread.median),
        );
    }
}

fn rounded(value: f64) -> String {
    if value < 10.0 { format!("{value:.1}") } else { format!("{value:.0}") }
}
