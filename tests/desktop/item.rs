//! A StatusNotifierItem as a panel reads it.

use std::collections::HashMap;

use zbus::Connection;
use zbus::fdo::PropertiesProxy;
use zbus::names::InterfaceName;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};

use crate::wait::until;

pub(crate) struct Item {
    bus: Connection,
    name: String,
    path: String,
}

/// An icon's pixels: 32 bits each, alpha first.
#[derive(Clone, PartialEq)]
pub(crate) struct Picture {
    pub(crate) width: i32,
    pub(crate) pixels: Vec<[u8; 4]>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) id: i32,
    pub(crate) label: String,
    pub(crate) enabled: bool,
    pub(crate) ticked: Option<bool>,
    pub(crate) separator: bool,
    pub(crate) rows: Vec<Row>,
}

type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

impl Item {
    /// `name/path`, as it was registered.
    pub(crate) fn new(bus: &Connection, registered: &str) -> Self {
        let (name, path) = registered.split_once('/').unwrap();
        Self {
            bus: bus.clone(),
            name: name.into(),
            path: format!("/{path}"),
        }
    }

    async fn properties(&self) -> zbus::Result<HashMap<String, OwnedValue>> {
        let properties = PropertiesProxy::builder(&self.bus)
            .destination(self.name.as_str())?
            .path(self.path.as_str())?
            .build()
            .await?;
        let item = InterfaceName::try_from("org.kde.StatusNotifierItem")?;
        Ok(properties.get_all(item).await?)
    }

    async fn property<T: TryFrom<OwnedValue>>(&self, name: &str) -> Result<T, String> {
        let mut properties = self.properties().await.map_err(|error| error.to_string())?;
        let value = properties
            .remove(name)
            .ok_or_else(|| format!("no {name}"))?;
        T::try_from(value).map_err(|_| format!("{name} has another type"))
    }

    pub(crate) async fn tooltip(&self) -> Result<String, String> {
        type ToolTip = (String, Vec<(i32, i32, Vec<u8>)>, String, String);
        let (_, _, _, text): ToolTip = self.property("ToolTip").await?;
        Ok(text)
    }

    /// Waits for a tooltip that contains this.
    pub(crate) async fn wait_for_text(&self, part: &str) -> String {
        until(&format!("a tooltip with {part:?}"), || async {
            let text = self.tooltip().await?;
            if text.contains(part) {
                Ok(text)
            } else {
                Err(text)
            }
        })
        .await
    }

    pub(crate) async fn picture(&self) -> Picture {
        let pictures: Vec<(i32, i32, Vec<u8>)> = self.property("IconPixmap").await.unwrap();
        let (width, _, bytes) = pictures.into_iter().next().unwrap();
        let pixels = bytes
            .chunks_exact(4)
            .map(|pixel| [pixel[0], pixel[1], pixel[2], pixel[3]])
            .collect();
        Picture { width, pixels }
    }

    /// The menu's rows, requested as a panel does just before it opens the menu.
    pub(crate) async fn menu(&self) -> Result<Vec<Row>, String> {
        let menu = self.menu_proxy().await?;
        let read = async {
            let _: bool = menu.call("AboutToShow", &(0_i32,)).await?;
            let (_, root): (u32, Layout) = menu
                .call("GetLayout", &(0_i32, -1_i32, Vec::<String>::new()))
                .await?;
            row(root)
        };
        let root = read.await.map_err(|error: zbus::Error| error.to_string())?;
        Ok(root.rows)
    }

    /// Waits for a row with this label, also in a submenu.
    pub(crate) async fn row(&self, label: &str) -> Row {
        until(&format!("the row {label:?}"), || async {
            let rows = self.menu().await?;
            find(&rows, label)
                .cloned()
                .ok_or_else(|| format!("{:?}", labels(&rows)))
        })
        .await
    }

    /// Clicks a row. If the menu was rebuilt since it was read, the old row is refused and the menu is read again, as a
    /// panel does.
    pub(crate) async fn click(&self, label: &str) {
        until(&format!("a click on {label:?}"), || async {
            let rows = self.menu().await?;
            let row = find(&rows, label).ok_or_else(|| format!("{:?}", labels(&rows)))?;
            let click = (row.id, "clicked", Value::from(0_i32), 0_u32);
            match self.menu_proxy().await?.call("Event", &click).await {
                Ok(()) => Ok(()),
                // A click that ends the program may end it before it responds.
                Err(zbus::Error::MethodError(name, ..))
                    if name.as_str() == "org.freedesktop.DBus.Error.NoReply" =>
                {
                    Ok(())
                }
                Err(refused) => Err(refused.to_string()),
            }
        })
        .await;
    }

    /// The process that the icon belongs to.
    pub(crate) async fn pid(&self) -> u32 {
        let bus = zbus::fdo::DBusProxy::new(&self.bus).await.unwrap();
        bus.get_connection_unix_process_id(self.name.as_str().try_into().unwrap())
            .await
            .unwrap()
    }

    async fn menu_proxy(&self) -> Result<zbus::Proxy<'static>, String> {
        let path: OwnedObjectPath = self.property("Menu").await?;
        zbus::Proxy::new(&self.bus, self.name.clone(), path, "com.canonical.dbusmenu")
            .await
            .map_err(|error| error.to_string())
    }

    /// A left click on the icon.
    pub(crate) async fn activate(&self) {
        let item = zbus::Proxy::new(
            &self.bus,
            self.name.clone(),
            self.path.clone(),
            "org.kde.StatusNotifierItem",
        );
        let _: () = item
            .await
            .unwrap()
            .call("Activate", &(0_i32, 0_i32))
            .await
            .unwrap();
    }
}

pub(crate) fn labels(rows: &[Row]) -> Vec<&str> {
    rows.iter()
        .filter(|row| !row.separator)
        .map(|row| row.label.as_str())
        .collect()
}

fn find<'r>(rows: &'r [Row], label: &str) -> Option<&'r Row> {
    rows.iter().find_map(|row| {
        if row.label == label {
            Some(row)
        } else {
            find(&row.rows, label)
        }
    })
}

fn row((id, properties, children): Layout) -> zbus::Result<Row> {
    let text = |name: &str| {
        let value = properties
            .get(name)
            .and_then(|value| <&str>::try_from(value).ok());
        value.unwrap_or_default().to_owned()
    };
    let number = |name: &str| {
        properties
            .get(name)
            .and_then(|value| i32::try_from(value).ok())
    };
    let enabled = properties
        .get("enabled")
        .and_then(|value| bool::try_from(value).ok());
    let rows = children
        .into_iter()
        .map(|child| row(Layout::try_from(child)?))
        .collect::<zbus::Result<_>>()?;
    Ok(Row {
        id,
        // One underscore marks a shortcut, two are one underscore.
        label: text("label")
            .replace("__", "\0")
            .replace('_', "")
            .replace('\0', "_"),
        enabled: enabled.unwrap_or(true),
        ticked: properties
            .contains_key("toggle-type")
            .then(|| number("toggle-state") == Some(1)),
        separator: text("type") == "separator",
        rows,
    })
}

impl Picture {
    /// The share of pixels that differ when colours are ignored.
    pub(crate) fn differs_in_shape(&self, other: &Self) -> f64 {
        let pairs = self.pixels.iter().zip(&other.pixels);
        let different = pairs
            .filter(|(a, b)| (grey(a) - grey(b)).abs() > 60.0)
            .count();
        different as f64 / self.pixels.len() as f64
    }

    /// The mean colour of the drawn pixels.
    pub(crate) fn colour(&self) -> [f64; 3] {
        let drawn: Vec<_> = self.pixels.iter().filter(|pixel| pixel[0] > 127).collect();
        [1, 2, 3].map(|channel| {
            let sum: f64 = drawn.iter().map(|pixel| f64::from(pixel[channel])).sum();
            sum / drawn.len() as f64
        })
    }
}

/// A pixel's brightness on a black panel.
fn grey([alpha, red, green, blue]: &[u8; 4]) -> f64 {
    let brightness = 0.299 * f64::from(*red) + 0.587 * f64::from(*green) + 0.114 * f64::from(*blue);
    brightness * f64::from(*alpha) / 255.0
}
