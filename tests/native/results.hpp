// What the driver prints for the comparison with another processor: digests of work on whole
// numbers, which must be identical, and what engines compute, which may differ by rounding.
#pragma once

class Digest {
  public:
    void add(std::uint64_t word) { value_ = (value_ ^ word) * 0x100000001B3u; }  // FNV-1a
    void print(const char* name) const {
        std::printf("digest %s %016llx\n", name, static_cast<unsigned long long>(value_));
    }

  private:
    std::uint64_t value_ = 0xCBF29CE484222325u;
};

void print_random_numbers() {
    Digest integers, masks;
    std::uint32_t drawn[units_at_once];
    for (std::uint64_t block = 0; block < 128; block += blocks_at_once) {
        philox(block, 3, 42, 5, drawn);
        for (const std::uint32_t number : drawn) integers.add(number);
    }
    integers.print("random integers");
    for (std::size_t n = 0; n < 200; n += 7) {
        std::vector<float> mask(n);
        dropout_mask(mask.data(), n / 3, n, 1, 2, n, 3'000'000'000u, 1.5f);
        for (const float factor : mask) masks.add(factor != 0);
    }
    masks.print("dropout masks");
}

void print_pieces() {
    Digest rows, parameters;
    for (std::size_t n = 1; n < 5000; n = n * 3 + 1) {
        const Grid grid = row_grid(n, 90);
        for (std::size_t piece = 0; piece < grid.size(); ++piece)
            rows.add(grid.block(piece).top), rows.add(grid.block(piece).bottom);
    }
    rows.print("pieces of rows");
    for (const auto& piece : pieces_of({{0, 70'000, 1, 1}, {70'000, 70'009, 1, 0}}))
        for (const Segment& segment : piece)
            parameters.add(segment.start), parameters.add(segment.stop);
    parameters.print("pieces of parameters");
}

// Scores and gradients of a network with whole numbers so small that no sum of them is rounded.
template <class T>
void print_exact_products(const char* name) {
    constexpr std::size_t n = 64, d = 33, k = 16;
    Network network;
    network.dense(d, 40, "identity");
    network.dense(40, k, "relu");
    std::mt19937 random(1);
    std::vector<T> theta(network.n_parameters), gradient(theta), X(n * d), y(n * k), Z(n * k);
    for (std::vector<T>* numbers : {&theta, &X, &y})
        for (T& number : *numbers) number = static_cast<T>(random() % 3) - 1;
    Settings settings;
    settings.loss.name = "squared";
    const Tensors<T> tensors{theta.data(), gradient.data(), nullptr};
    const Operations<T> operations = network.made<T>();
    Engine<T> engine(operations, {{0, theta.size(), 1, 1}}, settings, tensors, 0, nullptr, nullptr);
    Rows<T> rows;
    rows.dense = X.data(), rows.n = n, rows.n_columns = d;
    Target<T> target;
    target.numbers = y.data(), target.n_columns = k;
    engine.loss_and_gradient(rows, target, nullptr, 0);
    Predictor<T>(operations, tensors).predict(rows, Z.data(), 2);
    Digest digest;
    for (const std::vector<T>* numbers : {&Z, &gradient})
        for (const T number : *numbers) {
            const T whole = number * (n * k);  // the loss is a mean, of a power of two
            expect(whole == std::floor(whole), "a product of whole numbers was rounded");
            digest.add(static_cast<std::uint64_t>(static_cast<std::int64_t>(whole)));
        }
    digest.print(name);
}

void print_exact_results() {
    print_random_numbers();
    print_pieces();
    print_exact_products<float>("exact products, float");
    print_exact_products<double>("exact products, double");
}
