use super::*;
use crate::rendered::html;

#[test]
fn a_table_names_its_columns_in_the_head_and_in_each_row() {
    insta::assert_snapshot!(html(|| {
        let columns = vec![
            Column::new("Name").sorted_by("/admin/users?sort=name", Some(SortDirection::Ascending)),
            Column::numeric("Memory").sorted_by("/admin/users?sort=memory", None),
            Column::actions("Actions"),
        ];
        view! {
            <Table caption="Servers" columns>
                <tr>
                    <Cell label="Name">"research"</Cell>
                    <Cell label="Memory" numeric=true>"640 MiB"</Cell>
                    <Cell label="Actions" actions=true>"Stop"</Cell>
                </tr>
            </Table>
        }
    }));
}
