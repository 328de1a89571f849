//! Draws a `TrayView`: icon, tooltip and menu. Updates only what differs, in place if possible, because an open menu
//! closes when it is replaced.

mod apart;
pub(crate) mod elsewhere;
mod icon;

use api::{Command, MenuLine, TrayView, escape_lines};
use tauri::AppHandle;
use tauri::Wry;
use tauri::menu::{CheckMenuItem, IsMenuItem, Menu, MenuId, MenuItem, PredefinedMenuItem, Submenu};
use tauri::tray::{TrayIcon, TrayIconBuilder};

pub(crate) use apart::view as view_without_engine;

/// Name of the icon in this application.
pub(crate) const ID: &str = "understudy";

pub(crate) struct Tray {
    app: AppHandle,
    icon: TrayIcon,
    rows: Vec<Row>,
    drawn: TrayView,
}

impl Tray {
    /// Fails where no panel shows icons.
    pub(crate) fn create(app: &AppHandle, view: &TrayView) -> tauri::Result<Self> {
        let (menu, rows) = build_menu(app, &view.menu)?;
        let icon = TrayIconBuilder::with_id(ID)
            .title("Understudy")
            .icon(icon::of(view.icon, view.rehearsal)?)
            .tooltip(escape_lines(&view.tooltip))
            .menu(&menu)
            .show_menu_on_left_click(cfg!(target_os = "macos"))
            .build(app)?;
        Ok(Self {
            app: app.clone(),
            icon,
            rows,
            drawn: view.clone(),
        })
    }

    pub(crate) fn draw(&mut self, view: &TrayView) -> tauri::Result<()> {
        let drawn = std::mem::replace(&mut self.drawn, view.clone());
        if (drawn.icon, drawn.rehearsal) != (view.icon, view.rehearsal) {
            self.icon
                .set_icon(Some(icon::of(view.icon, view.rehearsal)?))?;
        }
        if drawn.tooltip != view.tooltip {
            self.icon.set_tooltip(Some(escape_lines(&view.tooltip)))?;
        }
        if same_shape(&drawn.menu, &view.menu) {
            update_rows(&self.rows, &drawn.menu, &view.menu)
        } else {
            let (menu, rows) = build_menu(&self.app, &view.menu)?;
            self.icon.set_menu(Some(menu))?;
            self.rows = rows;
            Ok(())
        }
    }

    /// A click changes the tick; this restores the state of the snapshot.
    pub(crate) fn restore_ticks(&self) -> tauri::Result<()> {
        restore_ticks(&self.rows, &self.drawn.menu)
    }
}

/// The command of a menu row: its id is the command itself.
pub(crate) fn command_of(id: &MenuId) -> Option<Command> {
    serde_json::from_str(id.as_ref()).ok()
}

fn id_of(command: &Command) -> tauri::Result<String> {
    Ok(serde_json::to_string(command)?)
}

/// The menu item of a `MenuLine`, at the same position.
enum Row {
    Text(MenuItem<Wry>),
    Separator(PredefinedMenuItem<Wry>),
    Action(MenuItem<Wry>),
    Tick(CheckMenuItem<Wry>),
    Submenu(Submenu<Wry>, Vec<Row>),
}

fn build_menu(app: &AppHandle, lines: &[MenuLine]) -> tauri::Result<(Menu<Wry>, Vec<Row>)> {
    let rows = build_rows(app, lines)?;
    let menu = Menu::with_items(app, &items(&rows))?;
    Ok((menu, rows))
}

fn build_rows(app: &AppHandle, lines: &[MenuLine]) -> tauri::Result<Vec<Row>> {
    lines
        .iter()
        .map(|line| {
            Ok(match line {
                MenuLine::Text { label } => {
                    Row::Text(MenuItem::new(app, shown(label), false, None::<&str>)?)
                }
                MenuLine::Separator => Row::Separator(PredefinedMenuItem::separator(app)?),
                MenuLine::Action {
                    label,
                    command,
                    checked: None,
                } => Row::Action(MenuItem::with_id(
                    app,
                    id_of(command)?,
                    shown(label),
                    true,
                    None::<&str>,
                )?),
                MenuLine::Action {
                    label,
                    command,
                    checked: Some(checked),
                } => {
                    let id = id_of(command)?;
                    Row::Tick(CheckMenuItem::with_id(
                        app,
                        id,
                        shown(label),
                        true,
                        *checked,
                        None::<&str>,
                    )?)
                }
                MenuLine::Submenu { label, lines } => {
                    let rows = build_rows(app, lines)?;
                    Row::Submenu(
                        Submenu::with_items(app, shown(label), true, &items(&rows))?,
                        rows,
                    )
                }
            })
        })
        .collect()
}

fn items(rows: &[Row]) -> Vec<&dyn IsMenuItem<Wry>> {
    rows.iter()
        .map(|row| match row {
            Row::Text(item) | Row::Action(item) => item as &dyn IsMenuItem<Wry>,
            Row::Separator(item) => item,
            Row::Tick(item) => item,
            Row::Submenu(item, _) => item,
        })
        .collect()
}

/// An ampersand marks the next letter as a shortcut; a doubled one is an ampersand. Names of clients and providers are in a label.
fn shown(label: &str) -> String {
    api::escape(label).replace('&', "&&")
}

/// Whether the rows and commands are the same, whatever their labels and ticks.
fn same_shape(a: &[MenuLine], b: &[MenuLine]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|lines| match lines {
            (MenuLine::Text { .. }, MenuLine::Text { .. })
            | (MenuLine::Separator, MenuLine::Separator) => true,
            (
                MenuLine::Action {
                    command: a,
                    checked: a_tick,
                    ..
                },
                MenuLine::Action {
                    command: b,
                    checked: b_tick,
                    ..
                },
            ) => a == b && a_tick.is_some() == b_tick.is_some(),
            (MenuLine::Submenu { lines: a, .. }, MenuLine::Submenu { lines: b, .. }) => {
                same_shape(a, b)
            }
            (
                MenuLine::Text { .. }
                | MenuLine::Separator
                | MenuLine::Action { .. }
                | MenuLine::Submenu { .. },
                _,
            ) => false,
        })
}

fn update_rows(rows: &[Row], drawn: &[MenuLine], lines: &[MenuLine]) -> tauri::Result<()> {
    for ((row, drawn), line) in rows.iter().zip(drawn).zip(lines) {
        if drawn == line {
            continue;
        }
        match (row, line) {
            (Row::Text(item), MenuLine::Text { label })
            | (Row::Action(item), MenuLine::Action { label, .. }) => {
                item.set_text(shown(label))?;
            }
            (Row::Tick(item), MenuLine::Action { label, checked, .. }) => {
                item.set_text(shown(label))?;
                item.set_checked(*checked == Some(true))?;
            }
            (Row::Submenu(item, rows), MenuLine::Submenu { label, lines }) => {
                item.set_text(shown(label))?;
                if let MenuLine::Submenu { lines: drawn, .. } = drawn {
                    update_rows(rows, drawn, lines)?;
                }
            }
            // A separator has nothing to change, and the shapes are the same.
            (
                Row::Text(_) | Row::Separator(_) | Row::Action(_) | Row::Tick(_) | Row::Submenu(..),
                _,
            ) => {}
        }
    }
    Ok(())
}

fn restore_ticks(rows: &[Row], lines: &[MenuLine]) -> tauri::Result<()> {
    for (row, line) in rows.iter().zip(lines) {
        match (row, line) {
            (Row::Tick(item), MenuLine::Action { checked, .. }) => {
                item.set_checked(*checked == Some(true))?
            }
            (Row::Submenu(_, rows), MenuLine::Submenu { lines, .. }) => restore_ticks(rows, lines)?,
            (
                Row::Text(_) | Row::Separator(_) | Row::Action(_) | Row::Tick(_) | Row::Submenu(..),
                _,
            ) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use api::{Command, MenuLine, View};

    use super::{command_of, id_of, same_shape, shown};

    fn text(label: &str) -> MenuLine {
        MenuLine::Text {
            label: label.into(),
        }
    }

    fn action(label: &str, command: Command, checked: Option<bool>) -> MenuLine {
        MenuLine::Action {
            label: label.into(),
            command,
            checked,
        }
    }

    fn submenu(label: &str, lines: Vec<MenuLine>) -> MenuLine {
        MenuLine::Submenu {
            label: label.into(),
            lines,
        }
    }

    #[test]
    fn words_and_ticks_change_in_place() {
        let before = [
            text("Claude: operational"),
            MenuLine::Separator,
            action("Pause", Command::Pause, None),
            submenu(
                "Today",
                vec![action(
                    "Start at login",
                    Command::StartAtLogin { on: true },
                    Some(false),
                )],
            ),
        ];
        let after = [
            text("Claude: down since 20:04"),
            MenuLine::Separator,
            action("Pause all", Command::Pause, None),
            submenu(
                "Today: 3",
                vec![action(
                    "Start at login",
                    Command::StartAtLogin { on: true },
                    Some(true),
                )],
            ),
        ];
        assert!(same_shape(&before, &after));
    }

    #[test]
    fn a_changed_command_kind_or_row_is_a_new_menu() {
        let pause = [action("Pause", Command::Pause, None)];
        assert!(!same_shape(
            &pause,
            &[action("Resume", Command::Resume, None)]
        ));
        assert!(!same_shape(
            &pause,
            &[action("Pause", Command::Pause, Some(true))]
        ));
        assert!(!same_shape(&pause, &[text("Pause")]));
        assert!(!same_shape(&pause, &[]));
        let deep = |inner| [submenu("More", vec![inner])];
        assert!(!same_shape(&deep(text("a")), &deep(MenuLine::Separator)));
    }

    #[test]
    fn a_label_has_no_character_that_a_desktop_executes() {
        for sign in (0..=0x2fff).filter_map(char::from_u32) {
            let label = shown(&format!("R&D {sign}"));
            assert!(!label.contains(api::must_escape), "{label:?}");
            assert!(label.starts_with("R&&D "));
        }
    }

    #[test]
    fn a_rows_id_is_its_command() {
        for command in [
            Command::OpenWindow {
                view: View::Incidents,
            },
            Command::Rehearse { seconds: 60 },
            Command::Quit,
        ] {
            let id = id_of(&command).unwrap();
            assert_eq!(command_of(&id.as_str().into()), Some(command));
        }
        assert_eq!(command_of(&"something else".into()), None);
    }
}
